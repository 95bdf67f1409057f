// Plan: every sweep stands once, by number, with its spikes where features were taken from it and with every reason where not.
import { expect, it } from 'vitest';
import type { SweepSpikes } from '@spikebridge/model';
import { sweepLines } from './cell-sheet.ts';

const used = (number: number, spikes: number): SweepSpikes => ({
  ...{ number, shape: 'long-square', amplitude: 50, samplingRate: 1e4 },
  spikes: new Array<SweepSpikes['spikes'][number]>(spikes).fill({} as SweepSpikes['spikes'][number]),
});

it('lists sweeps used and left out', () => {
  const left = [
    { sweep: 4, code: 'vm-drift', reason: 'It drifts.' },
    { code: 'no-ramp', reason: 'No ramp.' },
    { sweep: 4, code: 'post-noise', reason: 'It is noisy.' },
    { sweep: 9, code: 'no-baseline', reason: 'No baseline.' },
  ];
  expect(sweepLines([used(9, 2), used(2, 0)], left)).toEqual([
    { number: 2, shape: 'long-square', amplitude: 50, spikes: 0, reasons: [] },
    { number: 4, shape: null, amplitude: null, spikes: null, reasons: ['It drifts.', 'It is noisy.'] },
    { number: 9, shape: 'long-square', amplitude: 50, spikes: 2, reasons: ['No baseline.'] },
  ]);
});
