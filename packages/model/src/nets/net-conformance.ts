// Whole nets on a backend against the float64 reference: loss and every gradient of each preset's narrow twin with dropout on, in
// every loss, then ten optimiser steps. Plain data and no test framework, so that every host runs the same proof.
import type { Backend } from '../engine/backend.ts';
import { ReferenceBackend } from '../engine/reference/backend.ts';
import { BCE, DICE, DICE_PER_UNIT, FOCAL } from '../losses/losses.ts';
import type { CompiledPlan, ParameterSpec, Plan } from '../engine/backend.ts';
import type { Tensor } from '../engine/ops.ts';
import { CounterRandom } from '../engine/random.ts';
import type { LossConfig } from '../losses/types.ts';
import { createFamilyNet, PAPER_NET, PROJECTED_NET } from './family-net.ts';
import type { FamilyNetConfig, HeadLoss } from './family-net.ts';
import { drawnFamilyInputs, drawnFamilyValues, NARROW_FAMILIES } from './narrow-families.ts';
import { PRESET_NAMES, drawnValues, fillInputs, narrowNet } from './narrow-nets.ts';
import { createUnitFreeNet, STANDARDISATION } from './unit-free.ts';

export const NET_LOSSES = { bce: BCE, focal: FOCAL, dice: DICE, 'dice-per-unit': DICE_PER_UNIT } as const;

export interface NetRow {
  /** E.g. `small, dice`. */
  readonly name: string;
  readonly what: 'loss' | 'gradients' | 'losses and norms of ten steps' | 'weights after ten steps';
  /** Largest error found, and where. */
  readonly worst: number;
  readonly at: string;
  readonly tolerance: number;
  readonly pass: boolean;
}

/**
 * A gradient passes through about ten float32 ops; each errs by a few units (6e-8) of its largest element and two layers of
 * norm and softmax amplify that some ten times: 2e-5 of the tensor's largest element bounds it. A wrong mask, index or term
 * shows at 1e-2 and up.
 */
const GRADIENT_TOLERANCE = 2e-5;
/** Ten steps hand rounding on: ten times as much in what is summed over everything, fifty in single weights. */
const STEPS_TOLERANCE = 10 * GRADIENT_TOLERANCE;
const WEIGHTS_TOLERANCE = 50 * GRADIENT_TOLERANCE;
const STEPS = 10;
const SHAPE = { batch: 2, bins: 11 };

/** An epsilon well above rounding: gradients that are exactly 0 (key biases) would else be noise over noise. */
const SETTINGS = { learningRate: 0.01, beta1: 0.9, beta2: 0.99, epsilon: 1e-4, weightDecay: 0.01, clip: 0.5 };

/** A net to be proved: its parameters, values for them, and a train plan with what fills its inputs. */
interface Subject {
  readonly specs: readonly ParameterSpec[];
  readonly values: ReadonlyMap<string, Float32Array>;
  readonly plan: Plan;
  readonly loss: Tensor;
  fill(compiled: CompiledPlan): void;
}

/** The nets of spikes that are proved in every loss, by name. */
const SPIKE_NETS = [...PRESET_NAMES, 'unit-free', 'unit-free, linear'] as const;

/** Everything that is proved, by name. */
export const NET_SUBJECTS: readonly (readonly [name: string, make: () => Subject])[] = [
  ...SPIKE_NETS.flatMap((name) =>
    Object.entries(NET_LOSSES).map(
      ([lossName, loss]) => [`${name}, ${lossName}`, () => subjectOf(name, loss)] as const,
    ),
  ),
  ['families, padded, cross-entropy', () => familySubject(PAPER_NET, 0, 0)],
  ['families, projected, focal', () => familySubject(PROJECTED_NET, 2, 0)],
  [
    'families, projected, focal with a margin',
    () => familySubject({ ...PROJECTED_NET, head: 'cosine', scale: 4 }, 2, 0.35),
  ],
];

/** Two heads at once, families missing, rows without a label. */
function familySubject(config: FamilyNetConfig, gamma: number, margin: number): Subject {
  const net = createFamilyNet({ ...config, hidden: 17, keys: 9, projection: 12 }, NARROW_FAMILIES);
  const loss = (classes: number, share: number): HeadLoss => ({
    classWeights: Float32Array.from({ length: classes }, (_, j) => 0.5 + j),
    ...{ gamma, margin, share },
  });
  const plan = net.trainPlan(11, { mouse: loss(3, 0.5), human: loss(2, 1) });
  const { loss: first, logits } = plan.heads['mouse'];
  return {
    specs: net.specs,
    values: drawnFamilyValues(net, 3),
    plan: plan.plan,
    loss: first ?? logits,
    fill: (compiled) => drawnFamilyInputs(net, plan, compiled, 5),
  };
}

function subjectOf(name: (typeof SPIKE_NETS)[number], loss: LossConfig): Subject {
  if (name === 'unit-free') return unitFreeSubject(loss, 5);
  if (name === 'unit-free, linear') return unitFreeSubject(loss, 0);
  const net = narrowNet(name, loss);
  const netPlan = net.plan('train', SHAPE);
  return {
    specs: net.specs,
    values: drawnValues(net, 3),
    plan: netPlan.plan,
    loss: netPlan.loss ?? netPlan.logits,
    fill: (compiled) => fillInputs(net, netPlan, compiled, 5),
  };
}

/** Odd sizes, drawn features, logits about -1. */
function unitFreeSubject(loss: LossConfig, hidden: number): Subject {
  const rows = 37;
  const net = createUnitFreeNet({ kind: 'unit-free', level: 'statistics', hidden }, 7, loss);
  const netPlan = net.plan('train', rows);
  const { features, base, targets, unitMask, rowMask } = netPlan;
  const random = new CounterRandom(5, 8000);
  const drawn = (tensor: Tensor, step: number, scale: number, centre = 0): Float32Array =>
    Float32Array.from(
      { length: tensor.shape.reduce((product, extent) => product * extent, 1) },
      (_, i) => centre + scale * random.normal(step, i),
    );
  const start = net.initialise(3);
  const learned = net.specs.filter((spec) => !(STANDARDISATION as readonly string[]).includes(spec.name));
  return {
    specs: net.specs,
    values: new Map(
      learned.map(({ name: of }, i) => [
        of,
        (start.get(of) ?? new Float32Array(0)).map((value, j) => value + 0.2 * random.normal(20 + i, j)),
      ]),
    ),
    plan: netPlan.plan,
    loss: netPlan.loss ?? netPlan.logits,
    fill: (compiled) => {
      compiled.input(features).set(drawn(features, 1, 1));
      compiled.input(base).set(drawn(base, 2, 0.5, -1));
      if (targets) for (let n = 0; n < rows; n++) compiled.input(targets)[n] = n % 3 === 0 ? 1 : 0;
      if (unitMask) compiled.input(unitMask)[0] = 1;
      if (rowMask) for (let n = 0; n < rows; n++) compiled.input(rowMask)[n] = n % 7 === 3 ? 0 : 1;
    },
  };
}

function train(subject: Subject, backend: Backend) {
  const parameters = backend.parameters(subject.specs);
  for (const [name, values] of subject.values) parameters.write(name, values);
  const compiled = backend.compile(subject.plan, parameters);
  subject.fill(compiled);
  return {
    parameters,
    run: (step: number): void => {
      parameters.zeroGradients();
      compiled.run('train', { seed: 9, step });
    },
    loss: async (): Promise<number> => (await compiled.output(subject.loss))[0],
    dispose: (): void => {
      compiled.dispose();
      parameters.dispose();
    },
  };
}

/** Largest difference relative to the largest entry of what is wanted. */
function worstOf(got: ArrayLike<number>, wanted: ArrayLike<number>): number {
  let size = 1e-6;
  let worst = 0;
  for (let i = 0; i < got.length; i++) {
    size = Math.max(size, Math.abs(wanted[i]));
    worst = Math.max(worst, Number.isNaN(got[i]) ? Infinity : Math.abs(got[i] - wanted[i]));
  }
  return worst / size;
}

/** Keeps the largest error. */
class Worst {
  worst = 0;
  at = '';

  see(error: number, at: string): void {
    if (error > this.worst || Number.isNaN(error)) {
      this.worst = Number.isNaN(error) ? Infinity : error;
      this.at = at;
    }
  }
}

/** Every net in every loss. */
export async function* netRows(backend: Backend): AsyncGenerator<NetRow, void, undefined> {
  for (const [name, make] of NET_SUBJECTS) {
    const net = make();
    const row = (what: NetRow['what'], { worst, at }: Worst, tolerance: number): NetRow => ({
      ...{ name, what, worst, at, tolerance },
      pass: worst <= tolerance,
    });
    const [wanted, tested] = [train(net, new ReferenceBackend()), train(net, backend)];
    wanted.run(4);
    tested.run(4);
    const value = new Worst();
    value.see(Math.abs((await tested.loss()) - (await wanted.loss())), 'loss');
    yield row('loss', value, GRADIENT_TOLERANCE);
    const gradients = new Worst();
    for (const { name: of } of net.specs) {
      const [got, right] = [
        await tested.parameters.readGradient(of),
        await wanted.parameters.readGradient(of),
      ];
      gradients.see(worstOf(got, right), of);
    }
    yield row('gradients', gradients, GRADIENT_TOLERANCE);
    const trace = new Worst();
    for (let step = 0; step < STEPS; step++) {
      const sides: number[][] = [];
      for (const side of [wanted, tested]) {
        side.run(step);
        sides.push(
          await Promise.all([side.loss(), side.parameters.optimiserStep({ ...SETTINGS, step: step + 1 })]),
        );
      }
      trace.see(Math.abs(sides[1][0] - sides[0][0]), `loss of step ${step + 1}`);
      trace.see(Math.abs(sides[1][1] - sides[0][1]), `norm of step ${step + 1}`);
    }
    yield row('losses and norms of ten steps', trace, STEPS_TOLERANCE);
    const weights = new Worst();
    for (const { name: of } of net.specs)
      weights.see(worstOf(await tested.parameters.read(of), await wanted.parameters.read(of)), of);
    yield row('weights after ten steps', weights, WEIGHTS_TOLERANCE);
    tested.dispose();
  }
}
