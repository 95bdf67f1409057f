// The address of a view: `#/recording/ID?from=10&to=12`. What is in it can be linked to, bookmarked and gone back to.
import { useEffect } from 'react';
import { decoded } from '../host/decoded.ts';
import { Observable, useObservable } from './state/observable.ts';

export const VIEWS = ['open', 'recording', 'train', 'judge', 'generate', 'cells'] as const;
export type ViewName = (typeof VIEWS)[number];

export interface Route {
  readonly view: ViewName;
  /** A recording or a run. */
  readonly id: string | null;
  readonly query: Readonly<Partial<Record<string, string>>>;
}

export function parseRoute(hash: string): Route {
  const [path, search = ''] = hash.replace(/^#\/?/, '').split('?');
  const [name, id = ''] = path.split('/').map(decoded);
  const view = VIEWS.find((known) => known === name) ?? 'open';
  return {
    view,
    id: id === '' ? null : id,
    query: Object.fromEntries(new URLSearchParams(search)),
  };
}

export function hrefOf({ view, id = null, query = {} }: Partial<Route> & Pick<Route, 'view'>): string {
  const search = new URLSearchParams(query as Record<string, string>).toString();
  return `#/${view}${id === null ? '' : `/${encodeURIComponent(id)}`}${search === '' ? '' : `?${search}`}`;
}

const current = new Observable<Route>(parseRoute(location.hash));
window.addEventListener('hashchange', () => current.set(parseRoute(location.hash)));

/** Keeps what is chosen in a view in its address, for links and reloads. What is as the view begins (undefined) is left out. */
export function useRemembered(chosen: Readonly<Record<string, string | undefined>>): void {
  const text = JSON.stringify(chosen);
  useEffect(() => {
    // Once typing pauses: browsers refuse an address that is replaced at every key.
    const waiting = setTimeout(() => remember(JSON.parse(text) as Record<string, string>), 300);
    return () => clearTimeout(waiting);
  }, [text]);
}

export const useRoute = (): Route => useObservable(current);

export const viewNow = (): ViewName => current.get().view;

export function go(route: Partial<Route> & Pick<Route, 'view'>): void {
  location.hash = hrefOf(route);
}

/** Puts the state of a view into its address without a step of history: panning is not a journey. */
export function remember(query: Route['query']): void {
  const next = { ...current.get(), query };
  history.replaceState(null, '', hrefOf(next));
  current.set(next);
}
