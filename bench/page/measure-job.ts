// The rows of one device, group by group.
import { NetRoller } from '@spikebridge/model';
import type { SpikeNet } from '@spikebridge/model';
import { Binner } from '@spikebridge/core-wasm';
import { median, quartiles } from '../src/figures.ts';
import { kernelCases } from '../src/kernels/cases.ts';
import { difference, timed } from '../src/kernels/contender.ts';
import type { Contender, Effort, KernelCase } from '../src/kernels/contender.ts';
import { rollOut } from '../src/roll-out.ts';
import { FS, plainPacked, ROW, spikes, UNITS } from '../src/spike-list.ts';
import { disagreement } from '../src/training-step/agreement.ts';
import {
  netPeer,
  paperNet,
  paperWeights,
  smallNet,
  smallPeer,
  smallWeights,
} from '../src/training-step/net.ts';
import type { StepPeer } from '../src/training-step/peer.ts';
import { makeProblem } from '../src/training-step/problem.ts';
import type { Shape } from '../src/training-step/problem.ts';
import { timedSteps } from '../src/training-step/steps.ts';
import { tfjsBytes } from '../src/tfjs-backend.ts';
import { TfjsRunner } from '../src/training-step/tfjs.ts';
import type { GroupName, Job, PageRow, Said } from './job.ts';
import { coreOf, openOurs, peersOf } from './our-device.ts';
import type { OurDevice } from './our-device.ts';
import { checkDifference, Peer } from './peers.ts';
import type { PeerOutcome } from './peers.ts';

export const SOFTWARE = 'software adapter: correctness only, no performance figure';
/** Bins of a roll-out's sample. */
const ROLLED = 250;

type Say = (said: Said) => void;
/** What our own side came to. */
interface Ours {
  readonly medianMs: number;
  readonly quartilesMs: readonly [number, number];
  readonly runs: number;
  /** Held while it ran. */
  readonly bytes: number | null;
  readonly note?: string;
}

class Measuring {
  readonly #job: Job;
  readonly #say: Say;
  readonly #peers: readonly Peer[];
  readonly #device: OurDevice;

  constructor(job: Job, device: OurDevice, peers: readonly Peer[], say: Say) {
    this.#job = job;
    this.#say = say;
    this.#peers = peers;
    this.#device = device;
  }

  group(group: GroupName): Promise<void> {
    const { quick } = this.#job;
    if (group === 'training step') return this.#steps();
    if (group === 'roll-out') return this.#rollOuts();
    if (group === 'binner') return this.#binner();
    return this.#kernels(kernelCases(group, quick));
  }

  /** Ours failed, and the group ends there; the next has a device of its own. */
  fell(group: GroupName, error: unknown): void {
    const words = error instanceof Error ? error.message : String(error);
    this.#failed({ what: group, shape: '-' }, this.#device.name, words);
  }

  /** Only of a GPU does tfjs tell what it holds. */
  #peerBytes(): number | null {
    return this.#job.device === 'webgpu' ? tfjsBytes() : null;
  }

  get #effort(): Effort {
    if (this.#device.software) return { samples: 3, leastMs: 0 };
    return this.#job.quick ? { samples: 5, leastMs: 5 } : { samples: 15, leastMs: 50 };
  }

  async #kernels(cases: readonly KernelCase[]): Promise<void> {
    for (const one of cases) {
      this.#doing(one, 'spikebridge');
      const ours = one.ours(this.#device.backend);
      const exact = (await ours.results()).map((array) => array.slice());
      const mine = { ...outcomeOf(await timed(ours, this.#effort)), bytes: this.#device.bytes() };
      this.#ours(one, mine);
      ours.dispose();
      await this.#against(one, mine, async () => {
        const theirs = one.theirs();
        try {
          const apart = checkDifference(difference(exact, await theirs.results()), one.tolerance);
          const times = outcomeOf(await timed(theirs, this.#effort));
          return { ...times, difference: apart, bytes: this.#peerBytes() };
        } finally {
          theirs.dispose();
        }
      });
    }
  }

  async #steps(): Promise<void> {
    const { quick } = this.#job;
    const { backend, name, threads, software } = this.#device;
    const shapes: readonly Shape[] = quick
      ? [{ batch: 2, bins: 64 }]
      : [
          { batch: 2, bins: 64 },
          { batch: 4, bins: 512 },
          { batch: 8, bins: 1024 },
        ];
    const samples = software || quick ? 3 : 10;
    for (const shape of shapes) {
      const problem = makeProblem(shape);
      const at = `B ${shape.batch} x T ${shape.bins}, ${UNITS} units`;
      const run = async (peer: Pick<StepPeer, 'prepare'>) => {
        const runner = await peer.prepare(problem);
        try {
          const steps = await timedSteps(runner, 2, samples);
          return { ...steps, ours: this.#device.bytes(), theirs: this.#peerBytes() };
        } finally {
          runner.dispose();
        }
      };
      const paper = { what: 'training step, paper net', shape: at };
      this.#doing(paper, 'spikebridge');
      const mine = await run(netPeer(name, threads, backend));
      const ours = {
        ...summary(mine.times),
        bytes: mine.ours,
        note: `loss ${mine.first.loss.toFixed(5)}`,
      };
      this.#ours(paper, ours);
      await this.#against(paper, ours, async () => {
        const theirs = await run({ prepare: (given) => Promise.resolve(new TfjsRunner(given)) });
        const apart = disagreement(mine, theirs);
        if (apart !== null) throw new Error(`computes something else: ${apart}`);
        const relative = Math.abs(theirs.first.loss - mine.first.loss) / Math.abs(mine.first.loss);
        return { ...summary(theirs.times), difference: relative, bytes: theirs.theirs };
      });
      const small = { what: 'training step, preset small', shape: at };
      this.#doing(small, 'spikebridge');
      const trained = await run(smallPeer(name, threads, backend));
      this.#ours(small, {
        ...summary(trained.times),
        bytes: trained.ours,
        note: 'dropout and own history included; no peer has this net',
      });
    }
  }

  async #rollOuts(): Promise<void> {
    const core = coreOf(this.#device);
    const context = this.#job.quick ? 128 : 1024;
    const at = `${ROLLED} bins, ${UNITS} units, context ${context}`;
    if (core === null) return;
    const samples = this.#job.quick ? 5 : 30;
    const rolled = async (net: SpikeNet, weights: Map<string, Float32Array>): Promise<Ours> => {
      const roller = new NetRoller({ core, net, weights, doubleSigmoid: false });
      const { bytes } = roller;
      return rate({ ...summary(await rollOut(roller, { full: context, bins: ROLLED, samples })), bytes });
    };
    const problem = makeProblem({ batch: 1, bins: context });
    const [net, weights] = [paperNet(context), paperWeights(problem)];
    const paper = { what: 'roll-out, paper net', shape: at };
    this.#doing(paper, 'spikebridge');
    const after = probabilitiesAfter(
      new NetRoller({ core, net, weights, doubleSigmoid: false }),
      problem.inputs,
    );
    const mine = await rolled(net, weights);
    this.#ours(paper, mine);
    await this.#against(
      paper,
      mine,
      async () => {
        const runner = new TfjsRunner(problem);
        try {
          const apart = checkDifference(difference([after], [await runner.lastProbabilities()]), 1e-3);
          const times: number[] = [];
          for (let i = 0; i < 3; i++) {
            const start = performance.now();
            await runner.lastProbabilities();
            times.push(ROLLED * (performance.now() - start));
          }
          return { ...summary(times), difference: apart, bytes: null };
        } finally {
          runner.dispose();
        }
      },
      'it has no roll-out: a forward pass over the context for every bin',
    );
    const small = { what: 'roll-out, preset small', shape: at };
    this.#doing(small, 'spikebridge');
    const smallest = smallNet(context);
    this.#ours(small, await rolled(smallest, smallWeights(smallest)));
  }

  async #binner(): Promise<void> {
    const seconds = this.#job.quick ? 30 : 3600;
    const bins = 1000 * seconds;
    for (const sorted of [true, false]) {
      const row = {
        what: `binner, ${sorted ? 'sorted' : 'shuffled'} spikes to packed bits`,
        shape: `${UNITS} units, ${seconds} s, 10 Hz`,
      };
      this.#doing(row, 'spikebridge');
      const list = spikes(seconds, sorted);
      const binner = new Binner({ units: UNITS, clock: FS, binMilliseconds: 1, bins, layout: 'packed' });
      const plain = new Uint32Array(bins * ROW);
      const ours = looped(() => {
        binner.clear();
        binner.add(list.samples, list.units);
      });
      const theirs = looped(() => {
        plain.fill(0);
        plainPacked(list, bins, plain);
      });
      ours.submit();
      theirs.submit();
      const { data } = binner.finish();
      const mine = { ...outcomeOf(await timed(ours, this.#effort)), bytes: null };
      const note = perSecond(list.samples.length, mine.medianMs);
      this.#ours(row, { ...mine, note }, 'spikebridge, WebAssembly, 1 thread');
      const apart = plain.findIndex((word, i) => data[i] !== word);
      const peer = 'plain JavaScript';
      if (apart >= 0) this.#failed(row, peer, `computes something else: word ${apart} differs`);
      else {
        const outcome = { ...outcomeOf(await timed(theirs, this.#effort)), difference: 0, bytes: null };
        this.#theirs(row, peer, mine, outcome, perSecond(list.samples.length, outcome.medianMs));
      }
    }
  }

  async #against(row: Row, ours: Ours, work: () => Promise<PeerOutcome>, remark = ''): Promise<void> {
    for (const peer of this.#peers) {
      this.#doing(row, peer.name);
      const found = await peer.run(work);
      if ('failure' in found) this.#failed(row, peer.name, found.failure);
      else
        this.#theirs(
          row,
          peer.name,
          ours,
          found.outcome,
          [found.note, remark].filter((one) => one !== '').join('; '),
        );
    }
  }

  #doing({ what, shape }: Row, who: string): void {
    this.#say({ kind: 'doing', what: `${what}, ${shape}: ${who}` });
  }

  #ours(row: Row, { note = '', ...figures }: Ours, peer = this.#device.name): void {
    this.#put(row, { ...figures, peer, ratio: null, difference: null, note });
  }

  #theirs(row: Row, peer: string, ours: Ours, outcome: PeerOutcome, note: string): void {
    this.#put(row, { ...outcome, peer, ratio: outcome.medianMs / ours.medianMs, note });
  }

  #failed(row: Row, peer: string, skipped: string): void {
    const nothing = { medianMs: null, quartilesMs: null, runs: 0, ratio: null, difference: null };
    this.#put(row, { ...nothing, bytes: null, peer, note: '', skipped });
  }

  #put(row: Row, figures: Omit<PageRow, 'suite' | 'what' | 'shape' | 'device' | 'peakRssMiB'>): void {
    const { device } = this.#job;
    const { software } = this.#device;
    const { what, shape } = row;
    const note = software ? [SOFTWARE, figures.note].filter((one) => one !== '').join('; ') : figures.note;
    const marked = software ? { ...figures, note, ratio: null } : figures;
    this.#say({ kind: 'row', row: { suite: 'page', what, shape, ...marked, device, peakRssMiB: null } });
  }
}

interface Row {
  readonly what: string;
  readonly shape: string;
}

const outcomeOf = ({ medianMs, quartilesMs, samples }: Awaited<ReturnType<typeof timed>>) => ({
  ...{ medianMs, quartilesMs, runs: samples },
});

const summary = (times: readonly number[]) => ({
  ...{ medianMs: median(times), quartilesMs: quartiles(times), runs: times.length },
});

const rate = (ours: Ours): Ours => ({
  ...ours,
  note: `${Math.round((1000 * ROLLED) / ours.medianMs).toLocaleString('en')} bins/s`,
});

const perSecond = (count: number, ms: number): string => `${(count / ms / 1000).toFixed(0)} million spikes/s`;

const looped = (submit: () => void): Contender => ({
  submit,
  settle: () => undefined,
  results: () => Promise.resolve([]),
  dispose: () => undefined,
});

/** Probabilities of the bin after the last of `words`; the roller is disposed of. */
function probabilitiesAfter(roller: NetRoller, words: Uint32Array): Float32Array {
  const probabilities = new Float32Array(roller.units);
  for (let at = 0; at < words.length; at += roller.wordsPerBin)
    roller.step(words.subarray(at, at + roller.wordsPerBin), probabilities);
  roller.dispose();
  return probabilities;
}

/** Measures every group of the job and says each row when it is known. A device of its own for each group, so that none sees another's memory. */
export async function measureJob(job: Job, say: Say): Promise<void> {
  let peers: readonly Peer[] | undefined;
  for (const group of job.groups) {
    const device = await openOurs(job.device);
    peers ??= peersOf(job.device, job.quick).map((backend) => new Peer(backend, device.threads));
    const measuring = new Measuring(job, device, peers, say);
    try {
      await measuring.group(group);
    } catch (error) {
      measuring.fell(group, error);
    } finally {
      device.dispose();
    }
    say({ kind: 'group', group });
  }
}
