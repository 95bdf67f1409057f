// The presets, every value written out: `paper` follows the published code, `small` is for two CPU cores, `base` for a GPU,
// `unit-free` is for recordings it has never seen, `unit-free-rates` for those of which no more than rates may be known. docs/runs.md
// prints the same tables.
import { NET_PRESETS } from '../nets/presets.ts';
import type { RunConfig, TransformerRunConfig, UnitFreeRunConfig } from './schema.ts';

export const PRESET_NAMES = ['paper', 'small', 'base', 'unit-free', 'unit-free-rates'] as const;
export type PresetName = (typeof PRESET_NAMES)[number];

export function isPresetName(name: string): name is PresetName {
  return (PRESET_NAMES as readonly string[]).includes(name);
}

const data: RunConfig['data'] = {
  binMs: 1,
  units: 128,
  selection: { order: 'rate', quality: null, region: null, ids: null, minRate: null, maxRate: null },
  split: [60, 20, 20],
  start: null,
  stop: null,
};

const bce: RunConfig['loss'] = {
  kind: 'bce',
  gamma: 2,
  smooth: 1,
  bceShare: 0,
  doubleSigmoid: false,
  densityPenalty: false,
};

/** The architecture of a preset, copied into plain lists that the schema's type allows to change. */
function netOf(name: keyof typeof NET_PRESETS): TransformerRunConfig['net'] {
  const { history, ...net } = NET_PRESETS[name];
  if (history === null) return { ...net, history };
  const { lags, taus, logScale, ageEdges } = history;
  return { ...net, history: { lags, taus: [...taus], logScale: [...logScale], ageEdges: [...ageEdges] } };
}

const paper: TransformerRunConfig = {
  preset: 'paper',
  seed: 1,
  deterministic: false,
  device: 'auto',
  data,
  net: netOf('paper'),
  loss: { ...bce, kind: 'dice', densityPenalty: true },
  training: {
    steps: null,
    epochs: 200,
    batch: 16,
    context: 15625,
    learningRate: 0.005,
    warmupSteps: 0,
    schedule: { kind: 'step', factor: 0.9, everyEpochs: 5, floor: 2.5e-5 },
    optimiser: 'adam',
    betas: [0.9, 0.999],
    epsilon: 1e-8,
    weightDecay: 0,
    clip: 0,
    averaging: 0,
    evaluateEverySteps: 20,
    evaluateWindows: 0,
    monitor: 'loss',
    patience: 0,
    checkpointEverySteps: 20,
    keepCheckpoints: 2,
    logEverySteps: 1,
  },
};

const small: TransformerRunConfig = {
  ...paper,
  preset: 'small',
  net: netOf('small'),
  loss: bce,
  training: {
    steps: 1800,
    epochs: null,
    batch: 8,
    context: 512,
    learningRate: 0.003,
    warmupSteps: 100,
    schedule: { kind: 'cosine', factor: 0.9, everyEpochs: 5, floor: 3e-5 },
    optimiser: 'adamw',
    betas: [0.9, 0.99],
    epsilon: 1e-8,
    weightDecay: 0.1,
    clip: 1,
    averaging: 0.995,
    evaluateEverySteps: 100,
    evaluateWindows: 64,
    monitor: 'loss',
    patience: 6,
    checkpointEverySteps: 100,
    keepCheckpoints: 2,
    logEverySteps: 10,
  },
};

const base: TransformerRunConfig = {
  ...small,
  preset: 'base',
  net: netOf('base'),
  training: {
    ...small.training,
    weightDecay: 0.01,
    steps: 20000,
    batch: 32,
    context: 2048,
    learningRate: 0.001,
    warmupSteps: 500,
    evaluateEverySteps: 500,
    evaluateWindows: 0,
    averaging: 0.999,
    patience: 8,
    checkpointEverySteps: 500,
  },
};

const { net: _transformer, ...smallRun } = small;
const unitFree: UnitFreeRunConfig = {
  ...smallRun,
  preset: 'unit-free',
  net: { kind: 'unit-free', level: 'statistics', hidden: 16 },
  rows: {
    perExposure: 12000,
    timeScales: [1],
    longestSeconds: 900,
    calibrations: [
      { seconds: 100, draws: 2 },
      { seconds: 30, draws: 2 },
      { seconds: 10, draws: 3 },
    ],
    judgedSeconds: 300,
  },
  training: {
    ...small.training,
    steps: 75,
    batch: 16,
    learningRate: 0.002,
    warmupSteps: 0,
    schedule: { ...small.training.schedule, kind: 'constant' },
    betas: [0.9, 0.999],
    weightDecay: 1,
    clip: 0,
    averaging: 0,
    evaluateEverySteps: 25,
    monitor: 'bits-per-spike',
    patience: 0,
    checkpointEverySteps: 25,
  },
};

/** With rates alone there are twelve inputs, and what a hidden layer makes of them is the source's own: a linear net, to its end. */
const unitFreeRates: UnitFreeRunConfig = {
  ...unitFree,
  preset: 'unit-free-rates',
  net: { kind: 'unit-free', level: 'rates', hidden: 0 },
  training: {
    ...unitFree.training,
    steps: 300,
    learningRate: 0.01,
    weightDecay: 0,
    evaluateEverySteps: 100,
    checkpointEverySteps: 100,
  },
};

/** The presets by name; values are complete configurations. */
export const PRESETS: Readonly<
  Record<'paper' | 'small' | 'base', TransformerRunConfig> &
    Record<'unit-free' | 'unit-free-rates', UnitFreeRunConfig>
> = { paper, small, base, 'unit-free': unitFree, 'unit-free-rates': unitFreeRates };
