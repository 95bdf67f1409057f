// Plan: state at any bin equals a direct float32 scan from the start of its observed span, bit for bit, asked in any order;
// nothing crosses a gap; traces match the closed sum; long silence ends at zero, not in subnormals.
import { describe, expect, it } from 'vitest';
import { AGE_LIMIT, TRACE_FLOOR } from './history-state.ts';
import { TraceBank } from './trace-bank.ts';
import { chainRaster, fires, rasterOf } from './testing/rasters.ts';
import type { Raster } from '../recording/types.ts';

const DECAYS = [Math.exp(-1 / 2), Math.exp(-1 / 64), Math.exp(-1 / 2000)];
const LAGS = 3;

interface State {
  readonly state: Float32Array;
  readonly recent: Uint32Array;
}

function ask(bank: TraceBank, raster: Raster, bin: number, lags = LAGS): State {
  const state = new Float32Array((DECAYS.length + 1) * raster.units + 5).fill(-7);
  const recent = new Uint32Array(lags * raster.wordsPerBin + 2).fill(77);
  bank.stateAt(bin, state, 5, recent, 2);
  expect([...state.subarray(0, 5)]).toEqual([-7, -7, -7, -7, -7]);
  return { state: state.slice(5), recent: recent.slice(2) };
}

/** The definition, bin by bin from the start of the observed span, one number at a time. */
function scan(raster: Raster, from: number, bin: number): State {
  const { units, wordsPerBin } = raster;
  const state = new Float32Array((DECAYS.length + 1) * units).fill(AGE_LIMIT, DECAYS.length * units);
  for (let t = from; t < bin; t++) {
    for (let u = 0; u < units; u++) {
      const x = fires(raster, t, u) ? 1 : 0;
      DECAYS.forEach((decay, k) => {
        const v = Math.fround(Math.fround(decay) * state[k * units + u]);
        state[k * units + u] = Math.fround((v < TRACE_FLOOR ? 0 : v) + x);
      });
      const age = state[DECAYS.length * units + u];
      state[DECAYS.length * units + u] = x === 1 ? 0 : Math.min(age + 1, AGE_LIMIT);
    }
  }
  const recent = new Uint32Array(LAGS * wordsPerBin);
  for (let lag = 0; lag < LAGS; lag++) {
    const source = bin - LAGS + lag;
    if (source < from) continue;
    for (let w = 0; w < wordsPerBin; w++)
      recent[lag * wordsPerBin + w] = raster.words[source * wordsPerBin + w];
  }
  return { state, recent };
}

describe('TraceBank', () => {
  const observed = [
    { start: 0, stop: 700 },
    { start: 800, stop: 1500 },
  ];
  const raster = chainRaster(1500, 35, 2, observed);

  it('rolls over each bin once for windows in order of time, and stays exact', () => {
    const bank = new TraceBank(raster, { lags: LAGS, decays: DECAYS });
    for (let bin = 0; bin <= 700; bin += 57) {
      expect(ask(bank, raster, bin), `bin ${bin}`).toEqual(scan(raster, 0, bin));
      expect(bank.binsRolled).toBe(bin);
    }
    // Asked again from the start: from kept states, less than 256 bins each, and the furthest one at once.
    for (const bin of [684, 300, 57, 684]) expect(ask(bank, raster, bin)).toEqual(scan(raster, 0, bin));
    expect(bank.binsRolled).toBe(684 + (300 - 256) + 57);
    expect(ask(bank, raster, 699)).toEqual(scan(raster, 0, 699));
  });

  it('equals a direct scan at every kind of bin, whatever the order of asking', () => {
    const bank = new TraceBank(raster, { lags: LAGS, decays: DECAYS });
    for (const bin of [1400, 0, 1, 2, 255, 256, 257, 511, 512, 700, 800, 801, 1055, 1056, 1057, 1500, 3]) {
      const from = bin <= 700 ? 0 : 800;
      expect(ask(bank, raster, bin), `bin ${bin}`).toEqual(scan(raster, from, bin));
    }
  });

  it('does not see over a gap', () => {
    const bank = new TraceBank(raster, { lags: LAGS, decays: DECAYS });
    const { state, recent } = ask(bank, raster, 800);
    expect(state.subarray(0, DECAYS.length * 35).every((value) => value === 0)).toBe(true);
    expect(state.subarray(DECAYS.length * 35).every((value) => value === AGE_LIMIT)).toBe(true);
    expect([...recent]).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('depends on bins before the one asked and on no other', () => {
    const changed = { ...raster, words: raster.words.slice() };
    changed.words.fill(0xffffffff, 600 * raster.wordsPerBin);
    const shape = { lags: LAGS, decays: DECAYS };
    expect(ask(new TraceBank(changed, shape), changed, 600)).toEqual(
      ask(new TraceBank(raster, shape), raster, 600),
    );
  });

  it('holds the sum of decayed spikes within float32 rounding', () => {
    const { state } = ask(new TraceBank(raster, { lags: LAGS, decays: DECAYS }), raster, 690);
    DECAYS.forEach((decay, k) => {
      let sum = 0;
      for (let t = 0; t < 690; t++) if (fires(raster, t, 4)) sum += decay ** (689 - t);
      // each of 690 steps rounds twice by at most 2^-24 of the value, and decay itself by 2^-24 a step
      expect(Math.abs(state[k * 35 + 4] - sum)).toBeLessThan(sum * 690 * 3 * 2 ** -24 + TRACE_FLOOR);
    });
  });

  it('lets a trace die out instead of lingering in subnormal numbers', () => {
    const silent = rasterOf(600, 1, (bin) => bin === 0);
    const { state } = ask(new TraceBank(silent, { lags: LAGS, decays: DECAYS }), silent, 600);
    expect(state[0]).toBe(0);
    expect(state[1]).toBeGreaterThan(1e-5);
    expect(state[DECAYS.length]).toBe(599);
  });

  it('takes no lags and no traces', () => {
    const bank = new TraceBank(raster, { lags: 0, decays: [] });
    const state = new Float32Array(35);
    bank.stateAt(10, state, 0, new Uint32Array(0), 0);
    expect(state[0]).toBe(scan(raster, 0, 10).state[DECAYS.length * 35]);
  });
});
