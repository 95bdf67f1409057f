// Pairing of units across recordings that share none: which target unit stands in which slot of a source-trained net.
import { SpikebridgeError } from '../errors.ts';
import { RandomStream } from '../engine/random.ts';
import { byRate, slotMask, type UnitSelection } from './selection.ts';
import type { Raster } from './types.ts';

export const PAIRINGS = ['index', 'rank', 'random'] as const;
/** `index`: i-th unit of the file to i-th unit of the file, whatever the slots. `rank`: i-th busiest to i-th busiest by training rate. `random`: seeded. */
export type PairingKind = (typeof PAIRINGS)[number];

const PAIRING_STREAM = 0x9a1f;

export interface Pairing {
  readonly kind: PairingKind;
  readonly seed: number;
  /** (source width) slot of the target selection that stands in each source slot, or -1. */
  readonly targetOf: Int32Array;
  /** The target's units in the source's slots: bin the target with it, score by its mask. */
  readonly selection: UnitSelection;
  /** Source slots with a unit but no partner (silent, masked) and target slots without one (not scored). */
  readonly unpairedSource: readonly number[];
  readonly unpairedTarget: readonly number[];
}

const occupied = (selection: UnitSelection): number[] =>
  [...selection.slots.keys()].filter((slot) => selection.slots[slot] >= 0);

/**
 * Pairs the units of two selections. Rates are those of each recording's training part, held by the selections.
 * @throws SpikebridgeError E_PAIR_RATES (`rank` where a selection was made without a training part).
 */
export function pairUnits(
  source: UnitSelection,
  target: UnitSelection,
  kind: PairingKind,
  seed = 0,
): Pairing {
  const targetOf = new Int32Array(source.slots.length).fill(-1);
  let from = occupied(source);
  let to = occupied(target);
  if (kind === 'index') {
    const slotOf = new Map(to.map((slot) => [target.slots[slot], slot]));
    for (const slot of from) targetOf[slot] = slotOf.get(source.slots[slot]) ?? -1;
  } else {
    if (kind === 'rank') {
      if ([...source.rates, ...target.rates].some((rate) => Number.isNaN(rate))) {
        throw new SpikebridgeError(
          'E_PAIR_RATES',
          'pairing by rank needs the unit rates of both training parts',
          {
            where: '--pairing rank',
            fix: 'Split the recording so that it has a training part, or pair by index or random.',
            exitCode: 2,
          },
        );
      }
      from = byRate(from, source.rates);
      to = byRate(to, target.rates);
    } else {
      to = new RandomStream(seed, PAIRING_STREAM).shuffle(to);
    }
    for (let i = 0; i < Math.min(from.length, to.length); i++) targetOf[from[i]] = to[i];
  }
  const used = new Set(targetOf);
  const slots = targetOf.map((slot) => (slot < 0 ? -1 : target.slots[slot]));
  const unpairedTarget = occupied(target).filter((slot) => !used.has(slot));
  return {
    kind,
    seed,
    targetOf,
    selection: {
      slots,
      mask: slotMask(slots),
      rates: Float64Array.from(targetOf, (slot) => (slot < 0 ? 0 : target.rates[slot])),
      left: { ...target.left, room: target.left.room + unpairedTarget.length },
    },
    unpairedSource: occupied(source).filter((slot) => targetOf[slot] < 0),
    unpairedTarget,
  };
}

/** A raster with unit `from[j]` of the given one in place j (nothing where it is -1): the same bins, other slots. */
export function arrangeRaster(raster: Raster, from: ArrayLike<number>): Raster {
  const units = from.length;
  const wordsPerBin = Math.ceil(units / 32);
  const words = new Uint32Array(raster.bins * wordsPerBin);
  for (let j = 0; j < units; j++) {
    if (from[j] < 0) continue;
    const word = from[j] >> 5;
    const shift = from[j] & 31;
    for (let bin = 0; bin < raster.bins; bin++) {
      words[bin * wordsPerBin + (j >> 5)] |=
        ((raster.words[bin * raster.wordsPerBin + word] >>> shift) & 1) << (j & 31);
    }
  }
  return { ...raster, words, units, wordsPerBin };
}
