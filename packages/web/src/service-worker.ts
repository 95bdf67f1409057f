// Service worker for static hosts that cannot set headers: it adds them to the answers of its own origin, so that the page is isolated
// and threads work. It keeps no copy of anything. Built as one classic script beside the page (scripts/app-files.ts).
import { isolatedResponse } from './isolated-response.ts';

/** What this file needs of a service worker's global scope, whose types and the page's exclude each other. */
interface Scope {
  readonly location: Location;
  skipWaiting(): Promise<void>;
  addEventListener(type: 'install', listener: () => void): void;
  addEventListener(type: 'fetch', listener: (event: FetchEvent) => void): void;
}
interface FetchEvent {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}

const scope = globalThis as unknown as Scope;

// A newer worker has newer headers; with nothing kept, there is nothing of the older one to wait for.
scope.addEventListener('install', () => void scope.skipWaiting());

scope.addEventListener('fetch', (event) => {
  const { request } = event;
  // Addresses that the user typed are the page's business alone.
  if (new URL(request.url).origin !== scope.location.origin) return;
  // A browser asks for `only-if-cached` across origins in a mode that fetch() refuses.
  if (request.cache === 'only-if-cached' && request.mode !== 'same-origin') return;
  event.respondWith(fetch(request).then(isolatedResponse));
});
