// Small documents to draw, as `celltype evaluate` and `celltype predict` write them, and the features of a cell with known spikes.
import { readFileSync } from 'node:fs';
import { FAMILIES, FEATURES } from '../../../celltypes/features/index.ts';
import type { CellFeatures, Spike, SweepSpikes } from '../../../celltypes/features/index.ts';
import { cellEvaluationSchema, cellPredictionSchema, cellTransferSchema } from '../documents.ts';

const read = (name: string): unknown => JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8'));

export const evaluation = cellEvaluationSchema.parse(read('evaluation.json'));
export const prediction = cellPredictionSchema.parse(read('prediction.json'));

const estimate = (value: number, low: number, high: number) => ({ value, low, high, n: 40 });
const alone = (value: number) => ({
  ...{ macroF1: estimate(value, value - 0.05, value + 0.05), accuracy: estimate(0.6, 0.55, 0.65) },
  ...{ gain: null, against: null },
});
const joint = (value: number, low: number, high: number, gain: ReturnType<typeof estimate>) => ({
  ...{
    macroF1: estimate(value, low, high),
    accuracy: estimate(0.6, 0.55, 0.65),
    gain,
    against: 'human-only',
  },
});
export const transfer = cellTransferSchema.parse({
  ...{ schema: 'spikebridge.celltype-transfer/1', configHash: 'ab'.repeat(32), features: ['tau', 'ri'] },
  ...{
    source: { cells: 90, donors: 30 },
    target: { cells: 40, donors: 12 },
    folds: 5,
    repeats: 2,
    draws: 100,
  },
  seeds: { base: 1 },
  curve: [
    {
      ...{ fraction: 0.05, donors: 4.2, cells: 26.5 },
      methods: { 'human-only': alone(0.4), joint: joint(0.52, 0.47, 0.57, estimate(0.12, 0.05, 0.19)) },
    },
    {
      ...{ fraction: 1, donors: 9.6, cells: 32 },
      methods: {
        'human-only': alone(0.78),
        joint: {
          ...joint(0.77, 0.72, 0.82, estimate(-0.01, -0.03, 0.01)),
          apart: { '<acute>': joint(0.74, 0.66, 0.8, estimate(0.02, -0.04, 0.08)), cultured: alone(0.79) },
        },
      },
    },
  ],
});

const spike = (peakIndex: number, peak: number): Spike => ({
  ...{
    thresholdIndex: peakIndex - 5,
    peakIndex,
    troughIndex: peakIndex + 40,
    fastTroughIndex: peakIndex + 20,
  },
  ...{ threshold: -45, peak, trough: -64, fastTrough: -60 },
  ...{ thresholdCurrent: 100, upstroke: 300, downstroke: -200, width: 0.0006, clipped: false },
});
const sweep = (
  number: number,
  shape: SweepSpikes['shape'],
  amplitude: number,
  spikes: readonly Spike[],
): SweepSpikes => ({ number, shape, amplitude, samplingRate: 10_000, spikes });

/** Two long squares with spikes, one without, and a short square; two families, one with a part that is missing. */
export const cellFeatures: CellFeatures = {
  families: {
    first_ap_v: Float64Array.from({ length: 450 }, (_, i) => (i >= 300 ? NaN : i % 150)),
    spiking_width: new Float64Array(300).fill(0.0005),
  },
  absent: [{ family: 'psth', code: 'no-long-square', reason: 'no rheobase <yet>' }],
  scalars: new Float64Array(FEATURES.length).fill(NaN),
  sweeps: [
    sweep(4, 'long-square', 90, [spike(8000, 30)]),
    sweep(2, 'short-square', 500, [spike(5020, 28)]),
    sweep(3, 'long-square', -50, []),
    sweep(5, 'long-square', 130, [spike(6000, 30), spike(9000, 26), spike(12_500, 25)]),
  ],
  rejected: [{ sweep: 9, code: 'vm-drift', reason: '1.4 mV' }],
  notes: [],
};
export const FAMILY_COUNT = FAMILIES.length;
