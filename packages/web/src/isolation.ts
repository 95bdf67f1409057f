// Cross-origin isolation, which browsers ask for before they share memory between threads: already there where the host sets headers
// (`spikebridge serve`), made by a service worker where it cannot.

/** Remembers over the one reload that it was made. */
const RELOADED = 'spikebridge.isolation-reloaded';

/**
 * `isolated`: threads work. `reloading`: they will; the page is about to load again, so there is no use in starting anything. `impossible`: this browser,
 * or this address, allows neither way, and one thread it is.
 */
export type Isolation = 'isolated' | 'reloading' | 'impossible';

/** What is asked of the browser; a test brings its own. */
export interface IsolationHost {
  readonly crossOriginIsolated: boolean;
  /** Undefined where the address is not secure or the browser has none. */
  readonly serviceWorker: Pick<ServiceWorkerContainer, 'register' | 'ready'> | undefined;
  /** Forgets with the tab. */
  readonly memory: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
  /** Folder of the app, ending in a slash: the worker lies there and answers for all in it. */
  readonly base: string;
  reload(): void;
}

/** Call first thing on the page. Reloads at most once: where that did not help, nothing will. */
export async function registerIsolation(host: IsolationHost = isolationHost()): Promise<Isolation> {
  try {
    if (host.crossOriginIsolated) {
      // A hard reload passes the worker by: the reload after that one may be made again.
      host.memory.removeItem(RELOADED);
      return 'isolated';
    }
    if (host.serviceWorker === undefined || host.memory.getItem(RELOADED) !== null) return 'impossible';
    await host.serviceWorker.register(`${host.base}service-worker.js`, {
      scope: host.base,
      updateViaCache: 'none',
    });
    await host.serviceWorker.ready;
    host.memory.setItem(RELOADED, '1');
  } catch {
    // Storage or workers are switched off for this page. Without a memory a reload could go on for ever.
    return host.crossOriginIsolated ? 'isolated' : 'impossible';
  }
  host.reload();
  return 'reloading';
}

/** This browser; `folder` of the service worker, from the page's own. */
export const isolationHost = (folder = './'): IsolationHost => ({
  crossOriginIsolated: globalThis.crossOriginIsolated,
  serviceWorker: 'serviceWorker' in navigator ? navigator.serviceWorker : undefined,
  // Asked for only when used: the mere look at it throws where storage is switched off.
  memory: {
    getItem: (key) => sessionStorage.getItem(key),
    setItem: (key, value) => sessionStorage.setItem(key, value),
    removeItem: (key) => sessionStorage.removeItem(key),
  },
  base: new URL(folder, location.href).href,
  reload: () => location.reload(),
});
