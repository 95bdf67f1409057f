// Who computes what, told in files: a claim says which process has a job, so that two commands on one folder, or two nodes of a cluster,
// never do the same work. A claim whose process is dead counts for nothing.
import { createHash } from 'node:crypto';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { hostCall } from '../host/location.ts';

/** A living process says so this often ... */
const BEAT_MS = 15_000;
/** ... and one on another machine that has not for this long is taken for dead. */
const SILENCE_MS = 120_000;
const WAIT_MS = 500;

interface ClaimContent {
  /** Machine, boot and process namespace, as a hash: where `pid` means anything. */
  readonly place: string;
  readonly pid: number;
  /** When the process started, by the system's own clock: a number that is given to another process later does not mislead. */
  readonly started: string | null;
}

export interface Claim {
  /** Aborts where another process has taken the job over because this one seemed dead. */
  readonly lost: AbortSignal;
  release(): void;
}

/** Text of a file, or '' where it cannot be read. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

let here: string | undefined;
/** Names this machine without telling its name. */
function placeHere(): string {
  if (here !== undefined) return here;
  let namespace = '';
  try {
    namespace = readlinkSync('/proc/self/ns/pid');
  } catch {
    // Another system than Linux: one namespace.
  }
  const parts = [hostname(), textOf('/proc/sys/kernel/random/boot_id'), namespace];
  return (here = createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 16));
}

/** When a process of this machine started, `null` where the system does not say, undefined where it is dead. */
function startOf(pid: number): string | null | undefined {
  if (existsSync('/proc/self/stat')) {
    // "pid (name) state ..." with the start at place 22; a name may hold brackets and spaces.
    const stat = textOf(`/proc/${String(pid)}/stat`);
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return stat === '' || fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  }
  try {
    process.kill(pid, 0);
    return null;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? null : undefined;
  }
}

/** Claims of one job are numbered; the last one counts. Who takes a dead claim over writes the next number, which only one can. */
class ClaimFiles {
  readonly #folder: string;
  readonly #stem: string;

  constructor(folder: string, job: string) {
    this.#folder = join(folder, 'claims');
    this.#stem = `${job.replaceAll('/', '.')}.claim-`;
  }

  path(number: number): string {
    return join(this.#folder, `${this.#stem}${String(number)}`);
  }

  /** Numbers in use, rising. */
  numbers(): number[] {
    if (!existsSync(this.#folder)) return [];
    return readdirSync(this.#folder)
      .filter((name) => name.startsWith(this.#stem))
      .map((name) => Number(name.slice(this.#stem.length)))
      .sort((a, b) => a - b);
  }

  /** Whether the process of a claim lives. A claim that has just gone holds nobody up. */
  lives(number: number): boolean {
    const path = this.path(number);
    let claim: ClaimContent;
    let silent: number;
    try {
      silent = Date.now() - statSync(path).mtimeMs;
      claim = JSON.parse(readFileSync(path, 'utf8')) as ClaimContent;
    } catch {
      return false;
    }
    if (claim.place !== placeHere()) return silent < SILENCE_MS;
    const started = startOf(claim.pid);
    return started !== undefined && started === claim.started;
  }

  /** Whether this process now has the number: whole or not at all, and only one process can. */
  take(number: number): boolean {
    const claim: ClaimContent = {
      place: placeHere(),
      pid: process.pid,
      started: startOf(process.pid) ?? null,
    };
    const draft = join(this.#folder, `.${String(process.pid)}.${String(number)}.tmp`);
    return hostCall(this.#folder, () => {
      mkdirSync(this.#folder, { recursive: true });
      writeFileSync(draft, `${JSON.stringify(claim)}\n`);
      try {
        linkSync(draft, this.path(number));
        return true;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
        throw error;
      } finally {
        rmSync(draft, { force: true });
      }
    });
  }
}

/** Whether a living process has the job. */
export function isClaimed(folder: string, job: string): boolean {
  const files = new ClaimFiles(folder, job);
  const last = files.numbers().at(-1);
  return last !== undefined && files.lives(last);
}

/** The job for this process; undefined where a living process has it. */
export function tryClaim(folder: string, job: string): Claim | undefined {
  const files = new ClaimFiles(folder, job);
  const last = files.numbers().at(-1) ?? 0;
  if (last > 0 && files.lives(last)) return undefined;
  const mine = last + 1;
  if (!files.take(mine)) return undefined;
  // Numbers seen a moment ago may have gone meanwhile, and another process begun again at 1: then both step back.
  if (files.numbers().some((number) => number !== mine && files.lives(number))) {
    rmSync(files.path(mine), { force: true });
    return undefined;
  }
  const lost = new AbortController();
  const beat = setInterval(() => {
    try {
      utimesSync(files.path(mine), new Date(), new Date());
    } catch {
      // Gone with its folder: whoever removed it knows.
    }
    if (files.numbers().some((number) => number > mine)) lost.abort();
  }, BEAT_MS);
  beat.unref();
  return {
    lost: lost.signal,
    release() {
      clearInterval(beat);
      for (const number of files.numbers()) if (number <= mine) rmSync(files.path(number), { force: true });
    },
  };
}

/** The job for this process, as soon as no living process has it; undefined where `signal` aborts first. */
export async function claimWhenFree(
  folder: string,
  job: string,
  { signal, onWait }: { readonly signal: AbortSignal; readonly onWait: () => void },
): Promise<Claim | undefined> {
  for (let waited = false; !signal.aborted; waited = true) {
    const claim = tryClaim(folder, job);
    if (claim !== undefined) return claim;
    if (!waited) onWait();
    await new Promise((done) => setTimeout(done, WAIT_MS));
  }
  return undefined;
}
