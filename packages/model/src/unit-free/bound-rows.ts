// A unit-free net's plan at one number of rows, compiled: drawn rows go in, the loss or logits come out; and the score on rows of
// source validation, which stand for the bins they were drawn from.
import { exp, log, sigmoid } from '../engine/elementary.ts';
import type { Backend, CompiledPlan, ParameterSet } from '../engine/backend.ts';
import type { Tensor } from '../engine/ops.ts';
import type { UnitFreeNet, UnitFreePlan } from '../nets/unit-free.ts';
import type { ValidationScore } from '../training/validation.ts';
import type { RowSet } from './row-set.ts';
import { standardise } from './standardise.ts';

export interface Place {
  readonly set: RowSet;
  readonly row: number;
}

export type Standardisation = ReadonlyMap<string, Float32Array>;

/** A plan of the net over rows, and its inputs. */
export class BoundRows {
  readonly compiled: CompiledPlan;
  readonly loss: Tensor | null;
  readonly logits: Tensor;
  readonly features: number;
  readonly #plan: UnitFreePlan;

  constructor(
    backend: Backend,
    parameters: ParameterSet,
    net: UnitFreeNet,
    mode: 'train' | 'score',
    rows: number,
  ) {
    this.#plan = net.plan(mode, rows);
    this.features = net.features;
    this.compiled = backend.compile(this.#plan.plan, parameters);
    this.loss = this.#plan.loss;
    this.logits = this.#plan.logits;
    if (this.#plan.unitMask !== null) this.compiled.input(this.#plan.unitMask)[0] = 1;
  }

  /** Fills the first `rows` rows; with `drawn`, logits are those of the rows as drawn. */
  fill(at: (row: number) => Place, rows: number, scale: Standardisation, drawn: boolean): void {
    const { compiled } = this;
    const plan = this.#plan;
    const features = compiled.input(plan.features) as Float32Array;
    const base = compiled.input(plan.base) as Float32Array;
    const targets = plan.targets === null ? null : compiled.input(plan.targets);
    for (let i = 0; i < rows; i++) {
      const { set, row } = at(i);
      const from = row * this.features;
      features.set(set.features.subarray(from, from + this.features), i * this.features);
      base[i] = set.base[row] + (drawn ? set.shift : 0);
      if (targets !== null) targets[i] = set.fired[row];
    }
    standardise(features, rows, scale);
    if (plan.rowMask !== null) (compiled.input(plan.rowMask) as Float32Array).fill(1, 0, rows);
  }
}

/** Cross-entropy and bits/spike over the rate alone, each row weighing as many bins as it stands for. */
export async function validateRows(
  bound: BoundRows,
  sets: readonly RowSet[],
  scale: Standardisation,
  pause: () => Promise<void>,
): Promise<ValidationScore> {
  const batch = bound.logits.shape[0];
  let nats = 0;
  let rateNats = 0;
  let entries = 0;
  let spikes = 0;
  for (const set of sets)
    for (let from = 0; from < set.rows; from += batch) {
      const rows = Math.min(batch, set.rows - from);
      bound.fill((row) => ({ set, row: from + row }), rows, scale, false);
      bound.compiled.run('forward', { seed: 0, step: 0 });
      const logits = await bound.compiled.output(bound.logits);
      for (let i = 0; i < rows; i++) {
        const fired = set.fired[from + i];
        const weight = fired === 1 ? set.weights.spike : set.weights.silence;
        // The first feature is the log of the rate.
        const rate = exp(set.features[(from + i) * bound.features]);
        nats -= weight * log(fired === 1 ? sigmoid(logits[i]) : sigmoid(-logits[i]));
        rateNats -= weight * log(fired === 1 ? rate : 1 - rate);
        entries += weight;
        spikes += weight * fired;
      }
      await pause();
    }
  const crossEntropy = nats / entries;
  return {
    loss: crossEntropy,
    crossEntropy,
    bitsPerSpike: spikes === 0 ? null : (rateNats - nats) / (spikes * Math.LN2),
    bins: Math.round(entries),
  };
}
