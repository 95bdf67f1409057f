// From spike trains to a bit-packed raster by the WebAssembly binner, and the few counts everybody needs of one.
import { Binner, SpikeCoreError } from '@spikebridge/core-wasm';
import { SpikebridgeError } from '../errors.ts';
import { lowerBound, ticksOfBins, type BinGrid } from './grid.ts';
import type { BinSpan, Raster, Recording } from './types.ts';

export interface BinnedRecording {
  readonly raster: Raster;
  /** Spikes of the chosen units in the raster, those that share a bin with another of their unit included. */
  readonly spikes: number;
  /** Spikes that share a bin with an earlier one of their unit: the raster is binary. */
  readonly merged: number;
  /** Spikes of the chosen units outside the observed rows: before, after, in gaps and in partial bins. */
  readonly dropped: number;
}

/**
 * Bins the units in `slots` (index of the recording's unit, -1 for none; the recording's own order by default) over a grid.
 * Rows outside observed spans stay empty.
 * @throws SpikebridgeError E_BIN_TIME, E_SPIKE_MEMORY.
 */
export function binRecording(
  recording: Recording,
  grid: BinGrid,
  slots: ArrayLike<number> = recording.units.map((_, unit) => unit),
): BinnedRecording {
  const units = slots.length;
  let chosen = 0;
  try {
    const binner = new Binner({
      units,
      clock: grid.clock,
      binMilliseconds: grid.width,
      firstBin: grid.firstBin,
      bins: grid.bins,
      layout: 'packed',
    });
    const spans = grid.observed.map((span) => ticksOfBins(grid, span));
    for (let slot = 0; slot < units; slot++) {
      const unit = slots[slot];
      if (unit < 0) continue;
      const from = recording.offsets[unit];
      const to = recording.offsets[unit + 1];
      chosen += to - from;
      for (const span of spans) {
        const first = lowerBound(recording.times, span.start, from, to);
        const last = lowerBound(recording.times, span.stop, first, to);
        if (last > first) binner.add(recording.times.subarray(first, last), slot);
      }
    }
    const binned = binner.finish();
    return {
      raster: {
        // A copy, so that the binner's memory (staging included) goes and the raster can be transferred to a worker.
        words: binned.data.slice(),
        bins: grid.bins,
        units,
        wordsPerBin: binned.rowLength,
        binMilliseconds: grid.binMilliseconds,
        observed: grid.observed,
      },
      spikes: binned.kept,
      merged: binned.merged,
      dropped: chosen - binned.kept,
    };
  } catch (error) {
    if (!(error instanceof SpikeCoreError)) throw error;
    throw new SpikebridgeError(error.code, error.message, {
      where: recording.name,
      fix: 'Bin a shorter span (--start, --stop), wider bins or fewer units.',
      cause: error,
    });
  }
}

/** (units) bins with a spike, per unit, over the given spans (all observed rows by default). */
export function spikeCounts(raster: Raster, spans: readonly BinSpan[] = raster.observed): Float64Array {
  const counts = new Float64Array(raster.units);
  for (const span of spans) {
    for (let bin = span.start; bin < span.stop; bin++) {
      for (let w = 0; w < raster.wordsPerBin; w++) {
        let word = raster.words[bin * raster.wordsPerBin + w];
        while (word !== 0) {
          const bit = 31 - Math.clz32(word & -word);
          counts[w * 32 + bit]++;
          word &= word - 1;
        }
      }
    }
  }
  return counts;
}

/** (bins) of the given span with a spike of one unit, in order. */
export function spikeBins(raster: Raster, unit: number, span: BinSpan): number[] {
  const bins: number[] = [];
  const word = unit >> 5;
  const shift = unit & 31;
  for (let bin = span.start; bin < span.stop; bin++) {
    if ((raster.words[bin * raster.wordsPerBin + word] >>> shift) & 1) bins.push(bin);
  }
  return bins;
}

/** Share of ones over the given spans and all units. */
export function density(raster: Raster, spans: readonly BinSpan[] = raster.observed): number {
  const cells = spans.reduce((sum, span) => sum + span.stop - span.start, 0) * raster.units;
  return cells === 0 ? 0 : spikeCounts(raster, spans).reduce((a, b) => a + b, 0) / cells;
}
