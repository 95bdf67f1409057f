// A thread that fits classifiers of tables, known by name, on one fold after another.
import { parentPort } from 'node:worker_threads';
import type { FoldJob, Matrix } from '@spikebridge/model';
import { runFoldJob, TABLE_CLASSIFIERS } from '@spikebridge/model';
import { describeFault } from '../worker-messages.ts';
import type { Fault } from '../worker-messages.ts';

export type FoldAnswer =
  { readonly kind: 'answered'; readonly p: Matrix } | { readonly kind: 'fault'; readonly fault: Fault };

const port = parentPort;
if (port === null) throw new Error('this module is started as a worker');

function answer(job: FoldJob): FoldAnswer {
  try {
    const classifier = TABLE_CLASSIFIERS.find(({ name }) => name === job.model);
    if (classifier === undefined) throw new TypeError(`no classifier is called ${job.model}`);
    return { kind: 'answered', p: runFoldJob(job, classifier) };
  } catch (error) {
    return { kind: 'fault', fault: describeFault(error) };
  }
}

port.on('message', (job: FoldJob) => port.postMessage(answer(job)));
