// The network that both simulators run: units that fire bin by bin with a probability made of a modulated base rate, their
// own recent spikes and input from coupled units. Apart from the two so that they differ in constants and modulation only.
//
// p[t, u] = recovery(age) * (base[u] * modulation[t, u] + own[t, u] + drive[t, u]), clipped to [0, 0.9]; everything on the
// right comes from bins < t, so it is known to who sees the past. Only additions and multiplications: every host agrees.
import { CounterRandom, type RandomStream } from '../engine/random.ts';
import { exp } from '../engine/elementary.ts';
import type { Recording, UnitInfo } from './types.ts';

export interface SimulationOptions {
  /** 128 by default. */
  readonly units?: number;
  /** 120 by default. */
  readonly seconds?: number;
  readonly seed?: number;
}

/** What defines a simulated network. Arrays are (units) unless said. */
export interface Network {
  /** Probability of a spike in a 1 ms bin at modulation 1. */
  readonly base: Float64Array;
  /** Bins of silence after a spike. */
  readonly silent: Float64Array;
  /** Bins after the silence over which firing recovers linearly to full. */
  readonly recovery: Float64Array;
  /** Probability that a spike adds to the unit's own next bins, and what is left of it a bin later. */
  readonly ownJump: Float64Array;
  readonly ownDecay: Float64Array;
  /** Unit j's spikes add weights[j][k] to the drive of targets[j][k]. */
  readonly targets: readonly (readonly number[])[];
  readonly weights: readonly (readonly number[])[];
  readonly driveDecay: number;
}

/** Streams of the counter generator, one a purpose, so that a longer run begins like a shorter one. */
export const SIMULATION_STREAMS = {
  structure: 0x51a0,
  modulation: 0x51a1,
  spikes: 0x51a2,
  offsets: 0x51a3,
} as const;

const TWO_32 = 4294967296;

/** Heavy-tailed rates: log-normal with the given median (Hz) and log SD, at most `ceiling`; as probabilities per ms bin. */
export function logNormalRates(
  random: RandomStream,
  units: number,
  median: number,
  logSd: number,
  ceiling: number,
): Float64Array {
  return Float64Array.from(
    { length: units },
    () => Math.min(ceiling, median * exp(logSd * random.normal())) / 1000,
  );
}

/** The first four fifths excitatory, shuffled over the array. */
export function excitatory(random: RandomStream, units: number): Uint8Array {
  return random.shuffle(Uint8Array.from({ length: units }, (_, u) => (u < Math.ceil(0.8 * units) ? 1 : 0)));
}

/**
 * Sparse directed couplings. Each unit reaches `fanOut` others; a spike adds `strength` times the target's own base rate
 * over all its decay (times 4 from inhibitory units, subtracted), so that busy and sparse targets feel it alike.
 */
export function couplings(
  random: RandomStream,
  base: Float64Array,
  excites: Uint8Array,
  options: { readonly fanOut: number; readonly strength: number },
): Pick<Network, 'targets' | 'weights'> {
  const units = base.length;
  const fanOut = Math.min(options.fanOut, units - 1);
  const targets: number[][] = [];
  const weights: number[][] = [];
  for (let j = 0; j < units; j++) {
    const chosen = new Set<number>();
    while (chosen.size < fanOut) {
      const k = random.integer(units);
      if (k !== j) chosen.add(k);
    }
    targets.push([...chosen]);
    weights.push(
      [...chosen].map((k) => {
        const size = options.strength * (0.5 + random.uniform()) * Math.min(base[k], 0.02);
        return excites[j] === 1 ? size : -4 * size;
      }),
    );
  }
  return { targets, weights };
}

/**
 * Runs a network and returns its spikes as a recording of `ticksPerBin` ticks a millisecond.
 * @param modulate fills (units) factors of the base rates for a bin; called once a bin, in order.
 */
export function runNetwork(
  network: Network,
  seconds: number,
  seed: number,
  modulate: (bin: number, factors: Float64Array) => void,
  describe: {
    readonly name: string;
    readonly ticksPerBin: number;
    readonly units: readonly UnitInfo[];
    readonly assumptions: readonly string[];
  },
): Recording {
  const { base, silent, recovery, ownJump, ownDecay, targets, weights, driveDecay } = network;
  const units = base.length;
  const bins = Math.round(seconds * 1000);
  const random = new CounterRandom(seed, SIMULATION_STREAMS.spikes);
  const factors = new Float64Array(units).fill(1);
  const drive = new Float64Array(units);
  const own = new Float64Array(units);
  const age = new Float64Array(units).fill(1e6);
  const fired = new Uint32Array(units);
  const trains = Array.from({ length: units }, (): number[] => []);
  for (let bin = 0; bin < bins; bin++) {
    modulate(bin, factors);
    let count = 0;
    for (let u = 0; u < units; u++) {
      const since = ++age[u] - silent[u];
      if (since > 0) {
        const p = base[u] * factors[u] + own[u] + drive[u];
        const ready = since > recovery[u] ? 1 : since / (recovery[u] + 1);
        if (p > 0 && random.word(bin, u) < Math.min(0.9, p * ready) * TWO_32) fired[count++] = u;
      }
      drive[u] *= driveDecay;
      own[u] *= ownDecay[u];
    }
    // Spikes act from the next bin on: no unit sees another's spike of the same bin.
    for (let i = 0; i < count; i++) {
      const u = fired[i];
      trains[u].push(bin);
      age[u] = 0;
      own[u] += ownJump[u];
      for (let k = 0; k < targets[u].length; k++) drive[targets[u][k]] += weights[u][k];
    }
  }
  return assemble(trains, bins, seed, describe);
}

/** Trains of bins -> a recording, each spike at a drawn tick within its bin. */
function assemble(
  trains: readonly (readonly number[])[],
  bins: number,
  seed: number,
  describe: Parameters<typeof runNetwork>[4],
): Recording {
  const { ticksPerBin } = describe;
  const random = new CounterRandom(seed, SIMULATION_STREAMS.offsets);
  const offsets = new Uint32Array(trains.length + 1);
  trains.forEach((train, u) => (offsets[u + 1] = offsets[u] + train.length));
  const times = new Float64Array(offsets[trains.length]);
  trains.forEach((train, u) => {
    train.forEach((bin, i) => {
      times[offsets[u] + i] = bin * ticksPerBin + (random.word(u, bin) % ticksPerBin);
    });
  });
  return {
    name: describe.name,
    format: 'simulated',
    clock: { numerator: ticksPerBin * 1000, denominator: 1 },
    units: describe.units,
    times,
    offsets,
    observed: [{ start: 0, stop: bins * ticksPerBin }],
    assumptions: describe.assumptions,
    warnings: [],
  };
}

/** Names and classes of simulated units. */
export function simulatedUnits(excites: Uint8Array): UnitInfo[] {
  return Array.from(excites, (flag, u) => ({
    id: `unit${String(u).padStart(4, '0')}`,
    quality: 'good',
    cellClass: flag === 1 ? 'exc' : 'inh',
  }));
}
