// The thread an evaluation computes in: fitting and scoring take minutes without a pause, and Ctrl-C must be heard meanwhile.
import { parentPort, workerData } from 'node:worker_threads';
import { guardHere, judgeHere } from './commands/evaluate.ts';
import { enableRelaxedSimd } from './host/runtime.ts';
import { computeCells } from './matrix/judge.ts';
import type { Reporter } from './reporter.ts';
import { Terminal } from './terminal.ts';
import { describeFault } from './worker-messages.ts';
import type { EvaluationTask, WorkerMessage } from './worker-messages.ts';

/** Progress is sent at most this often. */
const EVERY_MS = 50;

const port = parentPort;
if (port === null) throw new Error('this module is started as a worker');
const send = (message: WorkerMessage): void => port.postMessage(message);

let bars = 0;
const reporter: Reporter = {
  note: (line) => send({ kind: 'note', line }),
  warn: (line) => send({ kind: 'warn', line }),
  result: (text, document) => send({ kind: 'result', text, document }),
  kept: (what) => send({ kind: 'kept', what }),
  progress(what, total, unit) {
    const bar = (bars += 1);
    let sentAt = -Infinity;
    send({ kind: 'progress', bar, what, total, unit });
    return {
      update(done, detail) {
        const now = performance.now();
        if (now - sentAt < EVERY_MS && done < total) return;
        sentAt = now;
        send({ kind: 'update', bar, done, ...(detail === undefined ? {} : { detail }) });
      },
      stop: () => send({ kind: 'stop', bar }),
    };
  },
};

enableRelaxedSimd();
const { work, terminal: options } = workerData as EvaluationTask;
const terminal = new Terminal(options, reporter);
try {
  if (work.what === 'cells') {
    await computeCells(work.task, terminal);
    send({ kind: 'computed' });
  } else if (work.what === 'guard') {
    send({ kind: 'guarded', exitCode: await guardHere(work.flags, terminal) });
  } else {
    send({ kind: 'judged', document: await judgeHere(work.flags, terminal) });
  }
} catch (error) {
  send({ kind: 'fault', fault: describeFault(error) });
}
