// What fitting the floors of one source recording leaves: plain numbers that are saved once and reused by every loss,
// seed and target.
import { SpikebridgeError } from '../../errors.ts';

/** Weights of one logistic model per unit: axis order (features, units), on the raw scale of the features. */
export interface UnitGlm {
  readonly features: number;
  readonly weights: Float32Array;
  /** (units) */
  readonly bias: Float32Array;
  /** (units) penalty chosen; Infinity = left at the null. */
  readonly ridge: Float32Array;
}

/** One kernel for all units: logit = logit(rate) + bias + weights . features. */
export interface SharedKernelFit {
  readonly weights: Float32Array;
  readonly bias: number;
  readonly ridge: number;
}

export interface FittedFloors {
  readonly units: number;
  readonly binMilliseconds: number;
  /** Bins of the training part, and (n + 0.5) / (N + 1) of each unit over it. */
  readonly trainBins: number;
  readonly rates: Float64Array;
  /** Strength of `recent-rate`'s Beta prior, bins. */
  readonly recentPriorBins: number;
  readonly ownHistory: UnitGlm | null;
  readonly population: UnitGlm | null;
  /** 5 features of every unit; its bias is added to the population model's logit. */
  readonly coupled: UnitGlm | null;
  readonly sharedKernel: SharedKernelFit | null;
}

const SCHEMA = 'spikebridge.floors/1';

interface Block {
  readonly name: string;
  readonly length: number;
}

/** One JSON text and one block of float32 (rates travel as text, exactly). */
export function floorsToBytes(floors: FittedFloors): { readonly json: string; readonly data: Float32Array } {
  const blocks: { name: string; values: Float32Array }[] = [];
  const glm = (name: string, fit: UnitGlm | null): void => {
    if (fit === null) return;
    blocks.push({ name: `${name}.weights`, values: fit.weights });
    blocks.push({ name: `${name}.bias`, values: fit.bias });
    blocks.push({ name: `${name}.ridge`, values: fit.ridge });
  };
  glm('ownHistory', floors.ownHistory);
  glm('population', floors.population);
  glm('coupled', floors.coupled);
  if (floors.sharedKernel !== null)
    blocks.push({ name: 'sharedKernel', values: floors.sharedKernel.weights });
  const data = new Float32Array(blocks.reduce((sum, block) => sum + block.values.length, 0));
  let at = 0;
  for (const block of blocks) {
    data.set(block.values, at);
    at += block.values.length;
  }
  const json = JSON.stringify({
    schema: SCHEMA,
    units: floors.units,
    binMilliseconds: floors.binMilliseconds,
    trainBins: floors.trainBins,
    rates: Array.from(floors.rates),
    recentPriorBins: floors.recentPriorBins,
    sharedKernel:
      floors.sharedKernel === null
        ? null
        : { bias: floors.sharedKernel.bias, ridge: floors.sharedKernel.ridge },
    blocks: blocks.map((block): Block => ({ name: block.name, length: block.values.length })),
  });
  return { json, data };
}

/** @throws SpikebridgeError E_FLOORS_FORMAT when the two do not belong together or are not floors */
export function floorsFromBytes(json: string, data: Float32Array): FittedFloors {
  const bad = (message: string): SpikebridgeError =>
    new SpikebridgeError('E_FLOORS_FORMAT', message, { fix: 'fit the floors again: delete the saved file' });
  let head: Partial<Record<string, unknown>>;
  try {
    head = JSON.parse(json) as Partial<Record<string, unknown>>;
  } catch (cause) {
    throw new SpikebridgeError('E_FLOORS_FORMAT', 'saved floors are not JSON', {
      fix: 'fit the floors again: delete the saved file',
      cause,
    });
  }
  if (head['schema'] !== SCHEMA)
    throw bad(`saved floors say schema ${String(head['schema'])}, expected ${SCHEMA}`);
  const blocks = head['blocks'] as readonly Block[];
  const total = blocks.reduce((sum, block) => sum + block.length, 0);
  if (total !== data.length) throw bad(`saved floors hold ${data.length} weights, their list says ${total}`);
  const units = Number(head['units']);
  const values = new Map<string, Float32Array>();
  let at = 0;
  for (const block of blocks) {
    values.set(block.name, data.slice(at, at + block.length));
    at += block.length;
  }
  const glm = (name: string): UnitGlm | null => {
    const weights = values.get(`${name}.weights`);
    const bias = values.get(`${name}.bias`);
    const ridge = values.get(`${name}.ridge`);
    if (weights === undefined || bias === undefined || ridge === undefined) return null;
    return { features: weights.length / units, weights, bias, ridge };
  };
  // JSON has no Infinity: a kernel left at its null comes back as null.
  const shared = head['sharedKernel'] as { bias: number; ridge: number | null } | null;
  const sharedWeights = values.get('sharedKernel');
  return {
    units,
    binMilliseconds: Number(head['binMilliseconds']),
    trainBins: Number(head['trainBins']),
    rates: Float64Array.from(head['rates'] as readonly number[]),
    recentPriorBins: Number(head['recentPriorBins']),
    ownHistory: glm('ownHistory'),
    population: glm('population'),
    coupled: glm('coupled'),
    sharedKernel:
      shared === null || sharedWeights === undefined
        ? null
        : { weights: sharedWeights, bias: shared.bias, ridge: shared.ridge ?? Infinity },
  };
}
