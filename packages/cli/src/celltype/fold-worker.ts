// A thread that fits classifiers of tables, known by name, on one fold after another.
import { parentPort } from 'node:worker_threads';
import type { Backend, Classifier, FoldJob, Matrix } from '@spikebridge/model';
import { createWasmBackend, familyClassifier, runFoldJob, TABLE_CLASSIFIERS } from '@spikebridge/model';
import { describeFault } from '../worker-messages.ts';
import type { Fault } from '../worker-messages.ts';

/** A job, and the names of the table's features: nets read families off them. */
export interface FoldRequest {
  readonly job: FoldJob;
  readonly features: readonly string[];
}

export type FoldAnswer =
  { readonly kind: 'answered'; readonly p: Matrix } | { readonly kind: 'fault'; readonly fault: Fault };

const port = parentPort;
if (port === null) throw new Error('this module is started as a worker');

// Made for the first net, kept for the others.
let backend: Promise<Backend> | undefined;

async function classifierOf({ job, features }: FoldRequest): Promise<Classifier> {
  const known = TABLE_CLASSIFIERS.find(({ name }) => name === job.model);
  if (known !== undefined) return known;
  backend ??= createWasmBackend({ threads: 1, deterministic: true });
  const net = familyClassifier(job.model, await backend, features);
  if (net === undefined) throw new TypeError(`no classifier is called ${job.model}`);
  return net;
}

async function answer(request: FoldRequest): Promise<FoldAnswer> {
  try {
    return { kind: 'answered', p: runFoldJob(request.job, await classifierOf(request)) };
  } catch (error) {
    return { kind: 'fault', fault: describeFault(error) };
  }
}

port.on('message', (request: FoldRequest) => {
  void answer(request).then((found) => port.postMessage(found));
});
