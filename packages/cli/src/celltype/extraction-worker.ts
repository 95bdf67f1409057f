// A thread that extracts one cell after another, as it is asked.
import { parentPort } from 'node:worker_threads';
import type { SweepOptions } from '@spikebridge/model';
import { describeFault } from '../worker-messages.ts';
import type { Fault } from '../worker-messages.ts';
import { extractFile, fingerprintOf } from './extraction.ts';
import type { CellRecord } from './extraction.ts';

export interface ExtractionRequest {
  readonly path: string;
  readonly options: SweepOptions;
  /** Of what is kept: the same content is not extracted again. */
  readonly kept: string | null;
}

export type ExtractionAnswer =
  | { readonly kind: 'extracted'; readonly record: CellRecord }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'fault'; readonly fault: Fault };

const port = parentPort;
if (port === null) throw new Error('this module is started as a worker');

async function answer({ path, options, kept }: ExtractionRequest): Promise<ExtractionAnswer> {
  try {
    if (kept !== null && (await fingerprintOf(path, options)) === kept) return { kind: 'unchanged' };
    return { kind: 'extracted', record: await extractFile(path, options) };
  } catch (error) {
    return { kind: 'fault', fault: describeFault(error) };
  }
}

port.on('message', (request: ExtractionRequest) => {
  void answer(request).then((said) => port.postMessage(said));
});
