// A thread that fits ways of transfer, known by name, on one fold after another. It keeps what was learned of the source alone.
import { parentPort } from 'node:worker_threads';
import type { Classifier, SourceCells, TransferJob } from '@spikebridge/model';
import {
  createWasmBackend,
  FAMILY_TRANSFER,
  familyMethods,
  runFoldJob,
  tableMethods,
} from '@spikebridge/model';
import { describeFault } from '../worker-messages.ts';
import type { FoldAnswer } from './fold-worker.ts';

/** A job, and the source with the names of its features. */
export interface TransferRequest {
  readonly job: TransferJob;
  readonly source: SourceCells;
  readonly features: readonly string[];
}

const port = parentPort;
if (port === null) throw new Error('this module is started as a worker');

// One source a run: made for the first job of each kind, kept for the others.
let table: readonly Classifier[] | undefined;
let family: readonly Classifier[] | undefined;

async function methodsFor({ job, source, features }: TransferRequest): Promise<readonly Classifier[]> {
  if (!FAMILY_TRANSFER.some(({ name }) => name === job.model)) return (table ??= tableMethods(source));
  return (family ??= familyMethods(
    await createWasmBackend({ threads: 1, deterministic: true }),
    source,
    features,
  ));
}

async function answer(request: TransferRequest): Promise<FoldAnswer> {
  try {
    const { job } = request;
    const classifier = (await methodsFor(request)).find(({ name }) => name === job.model);
    if (classifier === undefined) throw new TypeError(`no way of transfer is called ${job.model}`);
    return { kind: 'answered', p: runFoldJob(job, classifier) };
  } catch (error) {
    return { kind: 'fault', fault: describeFault(error) };
  }
}

port.on('message', (request: TransferRequest) => {
  void answer(request).then((found) => port.postMessage(found));
});
