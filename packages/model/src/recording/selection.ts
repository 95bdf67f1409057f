// Which units of a recording take part, and in which slot of a raster each stands. Rates come from a training part, and
// only a split makes one: nothing here can look at validation or test.
import { SpikebridgeError } from '../errors.ts';
import { RandomStream } from '../engine/random.ts';
import { countBins, lowerBound, ticksOfBins, type BinGrid } from './grid.ts';
import type { TrainingPart } from './split.ts';
import type { Recording } from './types.ts';

/** Stream of the counter generator that unit selection draws from. */
const SELECTION_STREAM = 0x5e1ec7;

export interface UnitCriteria {
  /** Slots of the raster; 128 by default, any number works. More units than slots: the first by `order` stay. */
  readonly width?: number;
  /** `first` (default): as in the file. `rate`: busiest first. `random`: a seeded draw, kept in the file's order. */
  readonly order?: 'rate' | 'first' | 'random';
  readonly seed?: number;
  /** Curation labels to keep; all by default. */
  readonly quality?: readonly string[];
  readonly region?: readonly string[];
  /** Unit ids to keep, by the file's name; an unknown one is an error. */
  readonly ids?: readonly string[];
  /** Hz over the training part, both ends included. */
  readonly minRate?: number;
  readonly maxRate?: number;
}

/** Units in their slots. A slot without a unit holds -1 and its bit of `mask` is 0. */
export interface UnitSelection {
  /** (width) index of the recording's unit, or -1. */
  readonly slots: Int32Array;
  /** (ceil(width / 32)) bit-packed: slots that hold a unit. Loss and metrics count these only. */
  readonly mask: Uint32Array;
  /** (width) Hz over the training part; 0 in an empty slot, NaN everywhere where no training part was given. */
  readonly rates: Float64Array;
  /** Units left out, by reason. */
  readonly left: {
    readonly quality: number;
    readonly region: number;
    readonly ids: number;
    readonly rate: number;
    readonly room: number;
  };
}

/** Bit-packed mask of the slots >= 0. */
export function slotMask(slots: ArrayLike<number>): Uint32Array {
  const mask = new Uint32Array(Math.ceil(slots.length / 32));
  for (let u = 0; u < slots.length; u++) if (slots[u] >= 0) mask[u >> 5] |= 1 << (u & 31);
  return mask;
}

/** (units) Hz of every unit of a recording over its training part: spikes / seconds, spikes that share a bin included. */
export function trainingRates(recording: Recording, grid: BinGrid, training: TrainingPart): Float64Array {
  const seconds = (countBins(training.spans) * grid.binMilliseconds) / 1000;
  const ticks = training.spans.map((span) => ticksOfBins(grid, span));
  return Float64Array.from(recording.units, (_, unit) => {
    const from = recording.offsets[unit];
    const to = recording.offsets[unit + 1];
    let spikes = 0;
    for (const span of ticks) {
      spikes +=
        lowerBound(recording.times, span.stop, from, to) - lowerBound(recording.times, span.start, from, to);
    }
    return seconds > 0 ? spikes / seconds : 0;
  });
}

/** Indices sorted busiest first; equal rates keep their order. */
export function byRate(indices: readonly number[], rates: ArrayLike<number>): number[] {
  return [...indices].sort((a, b) => rates[b] - rates[a] || a - b);
}

/** Puts units into slots, empty ones at the end, with their rates. */
function fill(
  kept: readonly number[],
  width: number,
  rates: Float64Array,
): Pick<UnitSelection, 'slots' | 'mask' | 'rates'> {
  const slots = new Int32Array(width).fill(-1);
  const slotRates = new Float64Array(width);
  kept.forEach((unit, slot) => {
    slots[slot] = unit;
    slotRates[slot] = rates[unit];
  });
  return { slots, mask: slotMask(slots), rates: slotRates };
}

/**
 * Chooses the units of a recording by label, region, id and by rate on the training part. With `training` null (a
 * recording that is all test) nothing may depend on rates.
 * @throws SpikebridgeError E_UNITS_NONE (nothing left), E_UNITS_ID (unknown id), E_UNITS_WIDTH, E_UNITS_TRAINING (no
 *   training rows to take rates from).
 */
export function selectUnits(
  recording: Recording,
  grid: BinGrid,
  training: TrainingPart | null,
  criteria: UnitCriteria = {},
): UnitSelection {
  const {
    width = 128,
    order = 'first',
    seed = 0,
    quality,
    region,
    ids,
    minRate = 0,
    maxRate = Infinity,
  } = criteria;
  const where = recording.name;
  if (!Number.isInteger(width) || width < 1) {
    throw new SpikebridgeError(
      'E_UNITS_WIDTH',
      `${width} units asked for; a count of at least 1 is expected`,
      {
        where,
        exitCode: 2,
      },
    );
  }
  const needsRates = order === 'rate' || minRate > 0 || maxRate < Infinity;
  if (training === null ? needsRates : countBins(training.spans) === 0) {
    throw new SpikebridgeError('E_UNITS_TRAINING', 'there is no training part to take unit rates from', {
      where,
      fix: 'Give the training part a share, such as --split 60,20,20, or choose units by label, region or id.',
      exitCode: 2,
    });
  }
  const known = new Set(recording.units.map((unit) => unit.id));
  const unknown = (ids ?? []).filter((id) => !known.has(id));
  if (unknown.length > 0) {
    throw new SpikebridgeError('E_UNITS_ID', `no unit named ${unknown.slice(0, 5).join(', ')}`, {
      where,
      fix: `Names look like ${recording.units
        .slice(0, 5)
        .map((unit) => unit.id)
        .join(', ')}.`,
      exitCode: 2,
    });
  }
  const rates =
    training === null
      ? new Float64Array(recording.units.length).fill(NaN)
      : trainingRates(recording, grid, training);
  const left = { quality: 0, region: 0, ids: 0, rate: 0, room: 0 };
  const fits = (list: readonly string[] | undefined, value: string | undefined): boolean =>
    list === undefined || (value !== undefined && list.includes(value));
  let kept: number[] = [];
  recording.units.forEach((unit, index) => {
    if (!fits(ids, unit.id)) left.ids++;
    else if (!fits(quality, unit.quality)) left.quality++;
    else if (!fits(region, unit.region)) left.region++;
    else if (rates[index] < minRate || rates[index] > maxRate) left.rate++;
    else kept.push(index);
  });
  if (kept.length === 0) {
    const labels = [...new Set(recording.units.map((unit) => unit.quality ?? 'none'))].slice(0, 6).join(', ');
    throw new SpikebridgeError(
      'E_UNITS_NONE',
      `none of ${recording.units.length} units is left (label ${left.quality}, region ${left.region}, id ${left.ids}, ` +
        `rate ${left.rate} left out)`,
      { where, fix: `Loosen the criteria; quality labels here: ${labels}.`, exitCode: 2 },
    );
  }
  if (order === 'rate') kept = byRate(kept, rates);
  left.room = Math.max(0, kept.length - width);
  if (order === 'random') {
    kept = new RandomStream(seed, SELECTION_STREAM)
      .shuffle(kept)
      .slice(0, width)
      .sort((a, b) => a - b);
  }
  return { ...fill(kept.slice(0, width), width, rates), left };
}
