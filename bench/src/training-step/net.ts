// Ours as a peer: the `paper` preset of the model package (dropout 0, BCE) as a compiled train plan, over any backend.
import { BCE, NET_PRESETS, createSpikeNet } from '@spikebridge/model';
import type {
  Backend,
  CompiledPlan,
  OptimiserStep,
  ParameterSet,
  SpikeNet,
  Tensor,
} from '@spikebridge/model';
import type { FirstStep, StepPeer, StepRunner } from './peer.ts';
import { OPTIMISER, WEIGHT_NAMES, WIDTH } from './problem.ts';
import type { Problem, WeightName } from './problem.ts';

/** The suite's name of a weight -> the net's. Shapes are the same: both keep matrices as (in, out). */
const NAMES: Readonly<Record<WeightName, string>> = {
  'qkv.weight': 'layers.0.attention.qkv.weight',
  'qkv.bias': 'layers.0.attention.qkv.bias',
  'attentionOut.weight': 'layers.0.attention.output.weight',
  'attentionOut.bias': 'layers.0.attention.output.bias',
  'norm1.gain': 'layers.0.attentionNorm.gain',
  'norm1.bias': 'layers.0.attentionNorm.bias',
  'feedForward1.weight': 'layers.0.feedForward.in.weight',
  'feedForward1.bias': 'layers.0.feedForward.in.bias',
  'feedForward2.weight': 'layers.0.feedForward.out.weight',
  'feedForward2.bias': 'layers.0.feedForward.out.bias',
  'norm2.gain': 'layers.0.feedForwardNorm.gain',
  'norm2.bias': 'layers.0.feedForwardNorm.bias',
  'output.weight': 'output.weight',
  'output.bias': 'output.bias',
};

/** Steps a profile takes the fastest of, op by op. */
const PROFILED_STEPS = 7;

/** A compiled plan that can time its calls one by one; the CPU backend's can. */
interface Profiled {
  profile(key: { readonly seed: number; readonly step: number }): ReadonlyMap<string, number>;
}

function isProfiled(plan: unknown): plan is Profiled {
  return typeof plan === 'object' && plan !== null && 'profile' in plan && typeof plan.profile === 'function';
}

function wanted(tensor: Tensor | null): Tensor {
  if (tensor === null) throw new Error('A train plan has targets, masks and a loss');
  return tensor;
}

/** The problem's net. */
export function paperNet(context: number): SpikeNet {
  const config = { ...NET_PRESETS.paper, dropout: 0, attentionDropout: 0 };
  const net = createSpikeNet(config, { units: WIDTH, context, binMilliseconds: 1 }, BCE);
  const specified = net.specs.map((spec) => spec.name).sort();
  const known = WEIGHT_NAMES.map((name) => NAMES[name]).sort();
  if (specified.join() !== known.join()) throw new Error(`The net has weights ${specified.join(', ')}`);
  return net;
}

/** The problem's weights by the net's names. */
export const paperWeights = ({ weights }: Problem): Map<string, Float32Array> =>
  new Map(weights.map(({ name, values }) => [NAMES[name], values]));

class NetRunner implements StepRunner {
  private readonly parameters: ParameterSet;
  private readonly compiled: CompiledPlan;
  private readonly loss: Tensor;
  private steps = 0;

  constructor(backend: Backend, net: SpikeNet, weights: ReadonlyMap<string, Float32Array>, problem: Problem) {
    this.parameters = backend.parameters(net.specs);
    for (const [name, values] of weights) this.parameters.write(name, values);
    const plan = net.plan('train', problem.shape);
    this.compiled = backend.compile(plan.plan, this.parameters);
    this.compiled.input(plan.words).set(problem.inputs);
    this.compiled.input(wanted(plan.targets)).set(problem.targets);
    this.compiled.input(wanted(plan.unitMask)).fill(0xffffffff);
    this.compiled.input(wanted(plan.rowMask)).fill(1);
    this.loss = wanted(plan.loss);
  }

  private async run(): Promise<FirstStep> {
    this.steps++;
    this.parameters.zeroGradients();
    this.compiled.run('train', { seed: 1, step: this.steps });
    const rule: OptimiserStep = { ...OPTIMISER, step: this.steps, weightDecay: 0, clip: 0 };
    const [output, gradientNorm] = await Promise.all([
      this.compiled.output(this.loss),
      this.parameters.optimiserStep(rule),
    ]);
    return { loss: output[0], gradientNorm };
  }

  first(): Promise<FirstStep> {
    return this.run();
  }

  async step(): Promise<number> {
    return (await this.run()).loss;
  }

  profile(): Readonly<Record<string, number>> {
    if (!isProfiled(this.compiled)) return {};
    const fastest = new Map<string, number>();
    for (let i = 0; i < PROFILED_STEPS; i++) {
      for (const [op, ms] of this.compiled.profile({ seed: 1, step: i + 1 })) {
        fastest.set(op, Math.min(ms, fastest.get(op) ?? Infinity));
      }
    }
    return Object.fromEntries([...fastest].sort(([, a], [, b]) => b - a));
  }

  dispose(): void {
    this.compiled.dispose();
    this.parameters.dispose();
  }
}

/** Ours over a backend, which stays the caller's; `name` and `threads` as the table shows them. */
export function netPeer(name: string, threads: number, backend: Backend): StepPeer {
  return {
    name,
    threads,
    version: backend.description,
    prepare: (problem) =>
      Promise.resolve(new NetRunner(backend, paperNet(problem.shape.bins), paperWeights(problem), problem)),
  };
}

/** Preset `small` as it trains, dropout and own history included, from its own starting weights: there is no peer with this net. */
export function smallPeer(name: string, threads: number, backend: Backend): StepPeer {
  return {
    ...{ name, threads, version: backend.description },
    prepare: (problem) => {
      const net = smallNet(problem.shape.bins);
      return Promise.resolve(new NetRunner(backend, net, smallWeights(net), problem));
    },
  };
}

export const smallNet = (context: number): SpikeNet =>
  createSpikeNet(NET_PRESETS.small, { units: WIDTH, context, binMilliseconds: 1 }, BCE);

export const smallWeights = (net: SpikeNet): Map<string, Float32Array> =>
  net.initialise(1, new Float64Array(WIDTH).fill(0.01));
