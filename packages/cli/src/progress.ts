// Progress of a long stretch of work: a bar with rate and time left on a terminal, a plain line now and then elsewhere.
import cliProgress from 'cli-progress';
import type { Progress } from '@spikebridge/model';
import { formatDuration } from '@spikebridge/model';
import type { Reporter } from './reporter.ts';

/** What progress needs of a terminal. */
export interface ProgressTerminal {
  readonly options: { readonly quiet: boolean };
  readonly remote: Reporter | undefined;
  note(line: string): void;
}

const PLAIN_EVERY_MS = 5000;
/** The rate is measured over this long a stretch, so that the time left follows a change of pace. */
const RATE_WINDOW_MS = 30_000;

/** Work done per second over the latest stretch, from samples of (time, done). */
export class RateMeter {
  readonly #samples: { at: number; done: number }[] = [];

  add(at: number, done: number): void {
    this.#samples.push({ at, done });
    while (this.#samples.length > 2 && at - this.#samples[0].at > RATE_WINDOW_MS) this.#samples.shift();
  }

  /** Per second; 0 before two samples. */
  perSecond(): number {
    const first = this.#samples.at(0);
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || last.at === first.at) return 0;
    return ((last.done - first.done) * 1000) / (last.at - first.at);
  }
}

/** What a person reads: parts of a pass to a tenth, and never more than is done. */
const shown = (done: number): number => Math.floor(10 * done) / 10;

/**
 * Shows nothing under --quiet. `unit` names what is counted (steps, bins). `secondsLeft` tells the time left where the pace of what is
 * counted does not: undefined while it is unknown.
 */
export function startProgress(
  terminal: ProgressTerminal,
  what: string,
  total: number,
  unit: string,
  secondsLeft?: () => number | undefined,
): Progress {
  if (terminal.options.quiet) return { update: () => undefined, stop: () => undefined };
  if (terminal.remote !== undefined) return terminal.remote.progress(what, total, unit);
  const meter = new RateMeter();
  meter.add(Date.now(), 0);
  const status = (done: number) => {
    const rate = meter.perSecond();
    const seconds = secondsLeft !== undefined ? secondsLeft() : rate > 0 ? (total - done) / rate : undefined;
    const left = seconds === undefined ? 'unknown time' : formatDuration(seconds);
    return { rate: rate >= 10 ? rate.toFixed(0) : rate.toPrecision(2), left };
  };
  return process.stderr.isTTY ? bar() : plain();

  function bar(): Progress {
    const single = new cliProgress.SingleBar(
      {
        format: `${what} {bar} {percentage}% | {value}/{total} ${unit} | {rate} ${unit}/s | {left} left{detail}`,
        stream: process.stderr,
        hideCursor: true,
        clearOnComplete: false,
        barsize: 24,
      },
      cliProgress.Presets.shades_classic,
    );
    single.start(total, 0, { rate: '-', left: 'unknown', detail: '' });
    return {
      update(done, detail) {
        meter.add(Date.now(), done);
        single.update(shown(done), { ...status(done), detail: detail === undefined ? '' : ` | ${detail}` });
      },
      stop: () => single.stop(),
    };
  }

  function plain(): Progress {
    let printedAt = Date.now();
    return {
      update(done, detail) {
        const now = Date.now();
        meter.add(now, done);
        if (now - printedAt < PLAIN_EVERY_MS && done < total) return;
        printedAt = now;
        const { rate, left } = status(done);
        const suffix = detail === undefined ? '' : `, ${detail}`;
        terminal.note(`${what}: ${shown(done)}/${total} ${unit}, ${rate} ${unit}/s, ${left} left${suffix}`);
      },
      stop: () => undefined,
    };
  }
}
