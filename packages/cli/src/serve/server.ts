// The server of the browser app: this machine's own address only, the app's own files only, and on every answer the headers that keep
// the page to itself. Sending a file (types, ranges, validators) is the library's.
import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SpikebridgeError } from '@spikebridge/model';
import send from 'send';
import { findAppFile } from './app-file.ts';
import type { App } from './app-folder.ts';

const ADDRESS = '127.0.0.1';
export const DEFAULT_PORT = 8717;
/** Ports tried after the default one. */
const FURTHER_PORTS = 20;

export interface AppServer {
  readonly url: string;
  readonly port: number;
  /** Ends open connections too. */
  close(): Promise<void>;
}

/** `port` undefined: the default one, or the next that is free. 0: any. Throws `E_PORT_TAKEN`, `E_PORT_DENIED`. */
export async function startAppServer(app: App, port: number | undefined): Promise<AppServer> {
  const wanted =
    port === undefined ? Array.from({ length: FURTHER_PORTS + 1 }, (_, k) => DEFAULT_PORT + k) : [port];
  for (const one of wanted) {
    // Requests without a Host are answered here, like all others.
    const server = createServer({ requireHostHeader: false });
    const fault = await listen(server, one);
    if (fault === undefined) {
      const { port: bound } = server.address() as AddressInfo;
      const url = `http://${ADDRESS}:${String(bound)}/`;
      server.on('request', answering(app, bound, url));
      return { url, port: bound, close: () => close(server) };
    }
    if (fault.code === 'EACCES')
      throw portError('E_PORT_DENIED', one, 'this user may not listen there', fault);
    if (fault.code !== 'EADDRINUSE') throw fault;
  }
  throw portError('E_PORT_TAKEN', wanted[0], 'another program listens there');
}

const portError = (code: string, port: number, message: string, cause?: unknown) =>
  new SpikebridgeError(code, message, {
    where: `port ${String(port)}`,
    fix: 'name another port: --port 8800, or --port 0 for any that is free',
    exitCode: 2,
    cause,
  });

const listen = (server: Server, port: number): Promise<NodeJS.ErrnoException | undefined> =>
  new Promise((settle) => {
    server.once('error', settle);
    server.listen(port, ADDRESS, () => {
      server.off('error', settle);
      settle(undefined);
    });
  });

const close = (server: Server): Promise<void> =>
  new Promise((settle) => {
    server.close(() => settle());
    server.closeAllConnections();
  });

function answering(app: App, port: number, url: string): RequestListener {
  // A page elsewhere can give its own name this machine's address and so be of one origin with what answers; its name stays in Host.
  const hosts = new Set(
    [ADDRESS, 'localhost', '[::1]'].flatMap((host) => [
      `${host}:${String(port)}`,
      ...(port === 80 ? [host] : []),
    ]),
  );
  return (request, response) => {
    for (const [name, value] of Object.entries(app.headers)) response.setHeader(name, value);
    if (!hosts.has(request.headers.host?.toLowerCase() ?? ''))
      refuse(response, 421, `Only ${url} is served here.`);
    else if (request.method !== 'GET' && request.method !== 'HEAD')
      refuse(response, 405, 'Files are read here, and nothing else: GET or HEAD.', { Allow: 'GET, HEAD' });
    else void sendFile(app.folder, request, response);
  };
}

async function sendFile(folder: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const file = await findAppFile(folder, request.url ?? '');
  if (file === undefined) {
    refuse(response, 404, 'There is no such file.');
    return;
  }
  response.setHeader('Cache-Control', file.hashed ? 'public, max-age=31536000, immutable' : 'no-cache');
  send(request, file.path, { root: folder, index: false, cacheControl: false })
    .on('error', (error: { readonly status?: number }) =>
      refuse(response, error.status ?? 500, 'This file cannot be sent.'),
    )
    .pipe(response);
}

/** One plain sentence, which repeats nothing of the request. */
function refuse(
  response: ServerResponse,
  status: number,
  sentence: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  const body = `${sentence}\n`;
  response.writeHead(status, {
    'Content-Length': Buffer.byteLength(body),
    'Content-Type': 'text/plain; charset=utf-8',
    'Cache-Control': 'no-store',
    // What was sent along is not read.
    Connection: 'close',
    ...headers,
  });
  response.end(body);
}
