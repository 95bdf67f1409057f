// What every answer with the app's files must say to a browser. Plain data, in one place: the build writes it as `headers.json` for
// `spikebridge serve`, as `_headers` for static hosts, and the service worker adds it where a host can do neither.

/** What the page may load and reach. Directives that have no line here fall back to `default-src`: nothing. */
const POLICY: Readonly<Record<string, string>> = {
  'default-src': "'none'",
  // The app's own files; WebAssembly may be compiled, text may not be evaluated.
  'script-src': "'self' 'wasm-unsafe-eval'",
  // Kernel threads start from a script that the page makes itself.
  'worker-src': "'self' blob:",
  'style-src': "'self'",
  'img-src': "'self' data: blob:",
  'font-src': "'self'",
  // Recordings at addresses that the user typed, and files that the page made.
  'connect-src': "'self' https: blob:",
  'manifest-src': "'self'",
  'base-uri': "'none'",
  'form-action': "'none'",
  'frame-ancestors': "'none'",
};

const joined = (directives: readonly (readonly [string, string])[]): string =>
  directives.map(([name, value]) => `${name} ${value}`).join('; ');

/** Powers of a browser that the app has no use for. */
const CLOSED = [
  'accelerometer',
  'camera',
  'display-capture',
  'geolocation',
  'gyroscope',
  'hid',
  'magnetometer',
  'microphone',
  'midi',
  'payment',
  'serial',
  'usb',
  'xr-spatial-tracking',
];

export const APP_HEADERS: Readonly<Record<string, string>> = {
  // The first two isolate the page, which browsers ask for before they share memory between threads.
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Content-Security-Policy': joined(Object.entries(POLICY)),
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Permissions-Policy': CLOSED.map((power) => `${power}=()`).join(', '),
};

/** The policy as a page can state it of itself in `<meta>`: who may frame it is for a header alone to say. */
export const META_POLICY = joined(Object.entries(POLICY).filter(([name]) => name !== 'frame-ancestors'));
