// The engine on this host's GPU: every op and whole nets against the float64 reference, at the tolerances derived beside them.
import { conformanceRows, netRows, WebGpuBackend } from '@spikebridge/model';
import type { Context, Row, Suite } from './rows.ts';

/** A backend for one suite, disposed of with it; the device stays. */
export async function* onBackend(
  { device, info }: Context,
  rows: (backend: WebGpuBackend) => AsyncIterable<Row>,
): AsyncGenerator<Row, void> {
  const backend = new WebGpuBackend(device, info.description, { software: info.software });
  try {
    yield* rows(backend);
  } finally {
    backend.dispose();
  }
}

export const ops: Suite = {
  name: 'op',
  rows: (context) =>
    onBackend(context, async function* (backend) {
      for await (const { op, name, pass, worst, tolerance, at, error } of conformanceRows(backend)) {
        const place = at === null ? '' : `${at.tensor}[${at.index}] is ${at.got}, should be ${at.wanted}`;
        yield { suite: op, name, pass, worst, tolerance, message: error ?? (pass ? '' : place) };
      }
    }),
};

export const nets: Suite = {
  name: 'net',
  rows: (context) =>
    onBackend(context, async function* (backend) {
      for await (const { name, what, pass, worst, tolerance, at } of netRows(backend))
        yield { suite: 'net', name: `${name}: ${what}`, pass, worst, tolerance, message: pass ? '' : at };
    }),
};
