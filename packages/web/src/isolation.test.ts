// Plan: no worker where headers already isolate; one registration and one reload where they do not; never a second reload, never a
// reload that could not be remembered; and an answer, not an error, where a browser allows nothing.
import { describe, expect, it } from 'vitest';
import { registerIsolation } from './isolation.ts';
import type { IsolationHost } from './isolation.ts';

/** A browser on a static host. `tab` outlives reloads. */
function browser(tab: Map<string, string>, changes: Partial<IsolationHost> = {}) {
  const said: string[] = [];
  const host: IsolationHost = {
    crossOriginIsolated: false,
    serviceWorker: {
      register: (url, options) => {
        said.push(`register ${String(url)} ${options?.scope ?? ''}`);
        return Promise.resolve({} as ServiceWorkerRegistration);
      },
      get ready() {
        said.push('ready');
        return Promise.resolve({} as ServiceWorkerRegistration);
      },
    },
    memory: {
      getItem: (key) => tab.get(key) ?? null,
      setItem: (key, value) => void tab.set(key, value),
      removeItem: (key) => void tab.delete(key),
    },
    base: 'https://host.example/app/',
    reload: () => void said.push('reload'),
    ...changes,
  };
  return { host, said };
}
const denied = () => {
  throw new DOMException('denied', 'SecurityError');
};

describe('registerIsolation', () => {
  it('does nothing where the page is isolated', async () => {
    const { host, said } = browser(new Map(), { crossOriginIsolated: true });
    expect(await registerIsolation(host)).toBe('isolated');
    expect(said).toEqual([]);
  });

  it('registers beside the page, waits until the worker is active, and reloads', async () => {
    const { host, said } = browser(new Map());
    expect(await registerIsolation(host)).toBe('reloading');
    expect(said).toEqual([
      'register https://host.example/app/service-worker.js https://host.example/app/',
      'ready',
      'reload',
    ]);
  });

  it('reloads once: where that did not help it says so', async () => {
    const tab = new Map<string, string>();
    await registerIsolation(browser(tab).host);
    const second = browser(tab);
    expect(await registerIsolation(second.host)).toBe('impossible');
    expect(second.said).toEqual([]);
  });

  it('may reload again after it has helped: a hard reload passes the worker by', async () => {
    const tab = new Map<string, string>();
    await registerIsolation(browser(tab).host);
    await registerIsolation(browser(tab, { crossOriginIsolated: true }).host);
    expect(await registerIsolation(browser(tab).host)).toBe('reloading');
  });

  it('is impossible without workers, with a refused worker, or without a memory for the one reload', async () => {
    const none = browser(new Map(), { serviceWorker: undefined });
    const refused = browser(new Map(), {
      serviceWorker: {
        register: () => Promise.reject(new Error('404')),
        ready: new Promise(() => undefined),
      },
    });
    const forgetful = browser(new Map(), {
      memory: { getItem: denied, setItem: denied, removeItem: denied },
    });
    const full = browser(new Map(), {
      memory: { getItem: () => null, setItem: denied, removeItem: () => undefined },
    });
    for (const { host, said } of [none, refused, forgetful, full]) {
      expect(await registerIsolation(host)).toBe('impossible');
      expect(said).not.toContain('reload');
    }
    const isolated = browser(new Map(), { crossOriginIsolated: true, memory: forgetful.host.memory });
    expect(await registerIsolation(isolated.host)).toBe('isolated');
  });
});
