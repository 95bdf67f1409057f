// What an evaluation's thread and the one that started it tell each other: plain data, errors included.
import type { EvaluationDocument, ExitCode } from '@spikebridge/model';
import { SpikebridgeError } from '@spikebridge/model';
import type { EvaluateFlags } from './evaluation-flags.ts';
import type { CellsTask } from './matrix/judge.ts';
import type { TerminalOptions } from './terminal.ts';

/** What the thread is to do: one run on one target, its guards, or cells of a matrix. */
export type EvaluationWork =
  | { readonly what: 'judge' | 'guard'; readonly flags: EvaluateFlags }
  | { readonly what: 'cells'; readonly task: CellsTask };

export interface EvaluationTask {
  readonly work: EvaluationWork;
  readonly terminal: TerminalOptions;
}

/** An error as data: those meant for people keep their code, place and remedy. */
export interface Fault {
  readonly code: string | null;
  readonly message: string;
  readonly where: string | null;
  readonly fix: string | null;
  readonly exitCode: ExitCode;
  readonly stack: string | null;
}

export type WorkerMessage =
  | { readonly kind: 'note' | 'warn'; readonly line: string }
  | { readonly kind: 'result'; readonly text: string; readonly document: unknown }
  | { readonly kind: 'kept'; readonly what: string }
  | {
      readonly kind: 'progress';
      readonly bar: number;
      readonly what: string;
      readonly total: number;
      readonly unit: string;
    }
  | { readonly kind: 'update'; readonly bar: number; readonly done: number; readonly detail?: string }
  | { readonly kind: 'stop'; readonly bar: number }
  | { readonly kind: 'judged'; readonly document: EvaluationDocument }
  | { readonly kind: 'guarded'; readonly exitCode: number }
  | { readonly kind: 'computed' }
  | { readonly kind: 'fault'; readonly fault: Fault };

export function describeFault(error: unknown): Fault {
  const known = error instanceof SpikebridgeError;
  return {
    code: known ? error.code : null,
    message: error instanceof Error ? error.message : String(error),
    where: known ? (error.where ?? null) : null,
    fix: known ? (error.fix ?? null) : null,
    exitCode: known ? error.exitCode : 1,
    stack: error instanceof Error ? (error.stack ?? null) : null,
  };
}

/** The error again, with the stack it had. */
export function errorOf({ code, message, where, fix, exitCode, stack }: Fault): Error {
  const error =
    code === null
      ? new Error(message)
      : new SpikebridgeError(code, message, {
          ...(where === null ? {} : { where }),
          ...(fix === null ? {} : { fix }),
          exitCode,
        });
  if (stack !== null) error.stack = stack;
  return error;
}
