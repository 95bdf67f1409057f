// What a command says and where: one JSON document on stdout under --json, the result for people on stdout without it,
// everything on the way (notes, warnings, progress) on stderr.
import type { Listener, Progress } from '@spikebridge/model';
import { SpikebridgeError } from '@spikebridge/model';
import { startProgress } from './progress.ts';
import type { Reporter } from './reporter.ts';

export interface TerminalOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
}

export class Terminal implements Listener {
  readonly options: TerminalOptions;
  /** Says everything elsewhere: set in workers. */
  readonly remote: Reporter | undefined;
  /** What outlives an interruption, in the order it was made. */
  readonly kept: string[] = [];

  constructor(options: TerminalOptions, remote?: Reporter) {
    this.options = options;
    this.remote = remote;
  }

  static of(flags: { json?: boolean; quiet?: boolean; verbose?: boolean }): Terminal {
    return new Terminal({
      json: flags.json === true,
      quiet: flags.quiet === true,
      verbose: flags.verbose === true,
    });
  }

  /** On the way: what is being done, what was assumed. Silent under --quiet. */
  note(line: string): void {
    if (this.options.quiet) return;
    if (this.remote === undefined) process.stderr.write(`${line}\n`);
    else this.remote.note(line);
  }

  /** Remembers what an interruption will not undo. */
  keep(what: string): void {
    this.kept.push(what);
    this.remote?.kept(what);
  }

  progress(what: string, total: number, unit: string): Progress {
    return startProgress(this, what, total, unit);
  }

  warn(line: string): void {
    if (this.remote !== undefined) this.remote.warn(line);
    else process.stderr.write(`warning: ${line}\n`);
  }

  /** The command's result: text for people, or (under --json) the one document. */
  result(text: string, document: unknown): void {
    if (this.remote !== undefined) this.remote.result(text, document);
    else if (!this.options.json) process.stdout.write(`${text}\n`);
    else process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
  }

  /** A command line that cannot be understood; returns the exit code 2. */
  usage(message: string): number {
    return this.failure(
      new SpikebridgeError('E_USAGE', message.replace(/^error: /, ''), {
        fix: 'spikebridge --help lists the commands, spikebridge COMMAND --help their options',
        exitCode: 2,
      }),
    );
  }

  /** Says what went wrong, where and what to do; returns the exit code. A stack is shown under --verbose only. */
  failure(error: unknown): number {
    const known = error instanceof SpikebridgeError;
    const code = known ? error.code : 'E_INTERNAL';
    const message = error instanceof Error ? error.message : String(error);
    const where = known ? error.where : undefined;
    const fix = known
      ? error.fix
      : 'this is a fault of Spikebridge itself; run it again with --verbose and report what it prints';
    process.stderr.write(`error ${code}: ${where === undefined ? '' : `${where}: `}${message}\n`);
    if (fix !== undefined) process.stderr.write(`  what to do: ${fix}\n`);
    if (this.options.verbose && error instanceof Error) {
      process.stderr.write(`${error.stack ?? ''}\n`);
      if (error.cause instanceof Error)
        process.stderr.write(`caused by ${error.cause.stack ?? error.cause.message}\n`);
    }
    if (this.options.json)
      process.stdout.write(
        `${JSON.stringify({ error: { code, message, where: where ?? null, fix: fix ?? null } }, null, 2)}\n`,
      );
    return known ? error.exitCode : 1;
  }
}

/** 1536 -> `1.5 KiB`. */
export function formatBytes(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? value.toFixed(0) : value.toFixed(1)} ${units[unit]}`;
}

/** Columns of text, the first left-aligned and the rest right-aligned, under a ruled header. */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (row: readonly string[]) =>
    widths
      .map((width, column) =>
        column === 0 ? (row[column] ?? '').padEnd(width) : (row[column] ?? '').padStart(width),
      )
      .join('  ')
      .trimEnd();
  return [line(header), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.map(line)].join('\n');
}
