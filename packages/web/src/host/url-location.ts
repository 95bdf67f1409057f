// A file on a server, of which only the ranges that a reader asks for are fetched. Synchronous requests, which workers may make:
// HDF5 is synchronous.
import type { ByteSource, Location } from '@spikebridge/model';
import { SpikebridgeError } from '@spikebridge/model';
import { blockSource } from './block-cache.ts';
import { decoded } from './decoded.ts';

/** Small enough that a header does not fetch megabytes, large enough that a column does not ask a thousand times. */
const BLOCK_BYTES = 1 << 18;

/** @throws E_URL for what is no address of a file, E_URL_UNREACHABLE, E_URL_RANGES */
export function urlLocation(address: string): Location {
  const url = parsed(address);
  const name = decoded(url.pathname.split('/').at(-1) ?? '') || url.host;
  return { name, kind: 'file', list: () => [], open: () => urlSource(url, name) };
}

function parsed(address: string): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url?.protocol === 'https:') return url;
  throw new SpikebridgeError('E_URL', 'this is no https address', {
    where: address.slice(0, 200),
    fix: 'give the whole address of one file, such as https://example.org/session.nwb',
  });
}

function urlSource(url: URL, name: string): ByteSource {
  // The first bytes tell the size, and whether the server gives parts at all.
  const first = ask(url, 0, 1);
  const total = /\/(\d+)$/.exec(first.getResponseHeader('content-range') ?? '')?.[1];
  if (first.status !== 206 || total === undefined)
    throw new SpikebridgeError('E_URL_RANGES', 'the server gives this file only as a whole', {
      where: url.host,
      fix:
        first.status === 206
          ? 'it hides Content-Range from pages of other sites (Access-Control-Expose-Headers): download the file and drop it here'
          : 'download the file and drop it here',
    });
  return blockSource({
    name,
    size: Number(total),
    blockBytes: BLOCK_BYTES,
    blocks: 256,
    fetch(offset, length) {
      const answer = ask(url, offset, length);
      const bytes = answer.response instanceof ArrayBuffer ? new Uint8Array(answer.response) : null;
      if (answer.status !== 206 || bytes?.length !== length)
        throw new SpikebridgeError(
          'E_URL_UNREACHABLE',
          `the server answered ${answer.status} in the middle of the file`,
          { where: url.host, fix: 'try again; it may have changed or been taken away' },
        );
      return bytes;
    },
  });
}

function ask(url: URL, offset: number, length: number): XMLHttpRequest {
  const request = new XMLHttpRequest();
  request.open('GET', url, false);
  request.responseType = 'arraybuffer';
  request.setRequestHeader('Range', `bytes=${offset}-${offset + length - 1}`);
  try {
    request.send();
  } catch (cause) {
    throw new SpikebridgeError('E_URL_UNREACHABLE', 'the browser got no answer that this page may read', {
      where: url.host,
      fix:
        'the server has to allow pages of other sites to read it (a header Access-Control-Allow-Origin, and Range among ' +
        'Access-Control-Allow-Headers); where it does not, download the file and drop it here',
      cause,
    });
  }
  if (request.status >= 400)
    throw new SpikebridgeError('E_URL_UNREACHABLE', `the server answered ${request.status}`, {
      where: url.host,
      fix:
        request.status === 404
          ? 'check the address'
          : 'it may want a login: download the file and drop it here',
    });
  return request;
}
