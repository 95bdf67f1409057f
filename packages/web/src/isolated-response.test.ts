// Plan: an answer of a host that sets nothing, or sets the opposite, carries every header of the app, and is otherwise what it was.
import { describe, expect, it } from 'vitest';
import { APP_HEADERS } from './headers.ts';
import { isolatedResponse } from './isolated-response.ts';

describe('isolatedResponse', () => {
  it('adds the headers and keeps status, body, type and validators', async () => {
    const made = isolatedResponse(
      new Response('\0asm', {
        status: 206,
        statusText: 'Partial Content',
        headers: { 'Content-Type': 'application/wasm', ETag: '"1"', 'Content-Range': 'bytes 0-3/9' },
      }),
    );
    expect([made.status, made.statusText, await made.text()]).toEqual([206, 'Partial Content', '\0asm']);
    const headers: Record<string, string> = {};
    made.headers.forEach((value, name) => (headers[name] = value));
    expect(headers).toEqual({
      'content-type': 'application/wasm',
      etag: '"1"',
      'content-range': 'bytes 0-3/9',
      ...Object.fromEntries(Object.entries(APP_HEADERS).map(([name, value]) => [name.toLowerCase(), value])),
    });
  });

  it('puts the app’s value in place of a host’s that is weaker', () => {
    const headers = {
      'cross-origin-opener-policy': 'unsafe-none',
      'content-security-policy': 'default-src *',
    };
    const made = isolatedResponse(new Response('', { headers }));
    expect(made.headers.get('Cross-Origin-Opener-Policy')).toBe('same-origin');
    expect(made.headers.get('Content-Security-Policy')).toBe(APP_HEADERS['Content-Security-Policy']);
  });

  it('passes answers without a body, and leaves alone what nobody may look into', () => {
    expect(isolatedResponse(new Response(null, { status: 204 })).status).toBe(204);
    expect(isolatedResponse(new Response('no', { status: 404 })).headers.get('X-Content-Type-Options')).toBe(
      'nosniff',
    );
    const opaque = Response.error();
    expect(isolatedResponse(opaque)).toBe(opaque);
  });

  it('streams: the body is not read before it is passed on', async () => {
    let pulled = 0;
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          pulled += 1;
          controller.enqueue(new Uint8Array(4));
          if (pulled === 3) controller.close();
        },
      },
      { highWaterMark: 0 },
    );
    const made = isolatedResponse(new Response(body));
    expect(pulled).toBe(0);
    expect((await made.arrayBuffer()).byteLength).toBe(12);
  });
});
