// `--device auto`: a short race between builds and thread counts on the run's own step, and the rule that names the winner.
// The clock and the devices come in from outside, so that the rule can be tried on made-up times.

export type WasmBuild = 'plain' | 'relaxed';

export interface Candidate {
  /** `wgsl`: the GPU's kernels; its threads are 1. */
  readonly build: WasmBuild | 'wgsl';
  readonly threads: number;
}

export interface Measured extends Candidate {
  /** Fastest step seen. */
  readonly milliseconds: number;
  readonly steps: number;
}

/** Windows x bins of the step that was timed; `whole` where that is the run's own step. */
export interface MeasuredShape {
  readonly batch: number;
  readonly bins: number;
  readonly whole: boolean;
}

export interface RaceOptions {
  /** Fastest first, as far as is known before measuring. */
  readonly builds: readonly WasmBuild[];
  /** Rising. */
  readonly threads: readonly number[];
  /** A GPU is to be had, and it is one. */
  readonly gpu: boolean;
  /** Runs the step on one candidate for about `seconds`; opens and closes the device itself. */
  readonly time: (candidate: Candidate, seconds: number) => Promise<Omit<Measured, keyof Candidate>>;
}

export interface RaceResult {
  readonly taken: Measured;
  readonly measured: readonly Measured[];
}

/** All candidates together; opening each costs some hundredths of a second more. */
export const MEASURED_SECONDS = 0.6;
/** For the GPU, whose kernels are compiled first. */
export const GPU_SECONDS = 1;
/** A gain smaller than this is noise: fewer threads keep their place. */
const WORTHWHILE = 0.95;
/** Another build changes the last bits of a run: it is taken for a gain beyond any noise, so that the choice repeats. */
const WORTH_OTHER_BITS = 0.8;
/** More threads are not tried once they made a step this much slower. */
const HOPELESS = 1.3;

/** 1, 2, 4, ... and all cores. */
export function threadCounts(cores: number): number[] {
  const counts: number[] = [];
  for (let count = 1; count < cores; count *= 2) counts.push(count);
  return [...counts, Math.max(1, cores)];
}

/** Threads are raced on the first build, then the other builds at the thread count that won, then the GPU. */
export async function raceDevices({ builds, threads, gpu, time }: RaceOptions): Promise<RaceResult> {
  const seconds = MEASURED_SECONDS / (threads.length + builds.length - 1);
  const measured: Measured[] = [];
  const measure = async (candidate: Candidate, limit = seconds): Promise<Measured> => {
    const one = { ...candidate, ...(await time(candidate, limit)) };
    measured.push(one);
    return one;
  };
  let taken = await measure({ build: builds[0], threads: threads[0] });
  for (const count of threads.slice(1)) {
    const next = await measure({ build: builds[0], threads: count });
    if (next.milliseconds < taken.milliseconds * WORTHWHILE) taken = next;
    else if (next.milliseconds > taken.milliseconds * HOPELESS) break;
  }
  for (const build of builds.slice(1)) {
    const next = await measure({ build, threads: taken.threads });
    if (next.milliseconds < taken.milliseconds * WORTH_OTHER_BITS) taken = next;
  }
  if (gpu) {
    const next = await measure({ build: 'wgsl', threads: 1 }, GPU_SECONDS);
    if (next.milliseconds < taken.milliseconds * WORTH_OTHER_BITS) taken = next;
  }
  return { taken, measured };
}

const candidateName = ({ build, threads }: Candidate, gpu: string): string =>
  build === 'wgsl' ? gpu : `${build} SIMD on ${threads === 1 ? '1 thread' : `${String(threads)} threads`}`;

const milliseconds = (value: number): string =>
  `${value >= 100 ? value.toFixed(0) : value.toPrecision(2)} ms`;

/** The race in one line: what was taken and what every candidate needed. `gpu` is what the GPU is called. */
export function describeRace(
  { taken, measured }: RaceResult,
  { batch, bins, whole }: MeasuredShape,
  gpu = 'the GPU',
): string {
  const what = `a ${whole ? '' : 'shortened '}training step of ${String(batch)} x ${String(bins)} bins`;
  const timed = (one: Measured) => `${milliseconds(one.milliseconds)} with ${candidateName(one, gpu)}`;
  const rest = measured.filter((one) => one !== taken).map(timed);
  return `auto measured ${what}: ${timed(taken)}` + (rest.length === 0 ? '' : `; ${rest.join(', ')}`);
}
