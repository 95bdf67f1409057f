// Starts an evaluation in a thread of its own, shows what it says, and stops it at Ctrl-C without losing what it has kept.
import { dirname, join, resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { EvaluationDocument, Progress } from '@spikebridge/model';
import { removeTemporaries } from './host/files.ts';
import { holdInterrupt } from './interrupt.ts';
import { startProgress } from './progress.ts';
import type { Terminal } from './terminal.ts';
import { errorOf } from './worker-messages.ts';
import type { EvaluationTask, EvaluationWork, WorkerMessage } from './worker-messages.ts';

export type EvaluationOutcome =
  | { readonly status: 'judged'; readonly document: EvaluationDocument }
  | { readonly status: 'guarded'; readonly exitCode: number }
  | { readonly status: 'computed' }
  | { readonly status: 'interrupted' };

/** @throws whatever the evaluation throws */
export async function evaluateInThread(work: EvaluationWork, terminal: Terminal): Promise<EvaluationOutcome> {
  const task: EvaluationTask = { work, terminal: terminal.options };
  const bars = new Map<number, Progress>();
  const interrupt = holdInterrupt(() => undefined);
  // Beside this file once built; Node cannot start a thread on TypeScript.
  const worker = new Worker(new URL('./evaluation-worker.js', import.meta.url), { workerData: task });
  try {
    return await new Promise<EvaluationOutcome>((settle, fail) => {
      const interrupted = () => settle({ status: 'interrupted' });
      if (interrupt.signal.aborted) interrupted();
      interrupt.signal.addEventListener('abort', interrupted);
      worker.on('error', fail);
      worker.on('exit', (code) =>
        fail(new Error(`the evaluation's thread ended early with ${String(code)}`)),
      );
      worker.on('message', (message: WorkerMessage) => {
        if (interrupt.signal.aborted) return;
        if (message.kind === 'judged') settle({ status: 'judged', document: message.document });
        else if (message.kind === 'guarded') settle({ status: 'guarded', exitCode: message.exitCode });
        else if (message.kind === 'computed') settle({ status: 'computed' });
        else if (message.kind === 'fault') fail(errorOf(message.fault));
        else show(message, terminal, bars);
      });
    });
  } finally {
    for (const bar of bars.values()) bar.stop();
    await worker.terminate();
    if (interrupt.signal.aborted) for (const folder of foldersOf(work)) removeTemporaries(folder);
    interrupt.release();
  }
}

/** Folders in which the work may have left a file half written. */
function foldersOf(work: EvaluationWork): string[] {
  if (work.what === 'cells')
    return ['floors', 'judged', join('runs', '.floors')].map((name) => join(work.task.setup.out, name));
  const { run, export: exported } = work.flags;
  return [run, join(dirname(resolve(run)), '.floors'), ...(exported === undefined ? [] : [exported])];
}

/** Tells where an interrupted evaluation stands, for people and as a document. */
export function describeInterruption(run: string, terminal: Terminal): readonly [string, object] {
  const kept = terminal.kept.length === 0 ? 'nothing yet' : terminal.kept.join(', ');
  return [
    `${run}: evaluation interrupted; the run is as it was\n` +
      `  kept for the next time: ${kept}\n` +
      '  go on with: the same command again',
    { schema: 'spikebridge.interruption/1', interrupted: true, run, kept: [...terminal.kept] },
  ];
}

type Shown = Exclude<WorkerMessage, { kind: 'judged' | 'guarded' | 'computed' | 'fault' }>;

function show(message: Shown, terminal: Terminal, bars: Map<number, Progress>): void {
  switch (message.kind) {
    case 'note':
      terminal.note(message.line);
      break;
    case 'warn':
      terminal.warn(message.line);
      break;
    case 'result':
      terminal.result(message.text, message.document);
      break;
    case 'kept':
      terminal.keep(message.what);
      break;
    case 'progress':
      bars.set(message.bar, startProgress(terminal, message.what, message.total, message.unit));
      break;
    case 'update':
      bars.get(message.bar)?.update(message.done, message.detail);
      break;
    case 'stop':
      bars.get(message.bar)?.stop();
      bars.delete(message.bar);
      break;
  }
}
