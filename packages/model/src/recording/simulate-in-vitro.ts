// An in vitro-like recording (slice or culture on an HD-MEA): quiet between network bursts, units that join each burst at
// their own latency and strength, heavy-tailed rates, one refractory bin, after-spike bursting, sparse E/I coupling.
// A model that sees the past can learn all of it; a rate table none.
import { RandomStream } from '../engine/random.ts';
import { exp } from '../engine/elementary.ts';
import {
  couplings,
  excitatory,
  logNormalRates,
  runNetwork,
  SIMULATION_STREAMS,
  simulatedUnits,
  type Network,
  type SimulationOptions,
} from './simulation.ts';
import type { Recording } from './types.ts';

/** Latest onset of a unit within a burst, in bins: the length of the delay line. */
const LATEST = 40;

/**
 * Simulates an in vitro-like recording at 20 kHz, 1 ms structure. Same options, same spikes, on any host; a longer run
 * begins with the shorter one.
 */
export function simulateInVitro(options: SimulationOptions = {}): Recording {
  const { units = 128, seconds = 120, seed = 1 } = options;
  const structure = new RandomStream(seed, SIMULATION_STREAMS.structure);
  const excites = excitatory(structure, units);
  const base = logNormalRates(structure, units, 8, 1.3, 200);
  const each = (draw: () => number): Float64Array => Float64Array.from({ length: units }, draw);
  const latency = each(() => structure.integer(LATEST));
  /** How many times its base rate a unit fires at the height of a burst. */
  const gain = each(() => 12 * exp(0.7 * structure.normal()));
  const network: Network = {
    base: base.map((p) => 0.5 * p),
    silent: each(() => 1),
    recovery: each(() => 0),
    ownJump: each(() => (structure.uniform() < 0.6 ? 0.03 * structure.uniform() : 0)),
    ownDecay: each(() => exp(-1 / (4 + 12 * structure.uniform()))),
    ...couplings(structure, base, excites, { fanOut: Math.min(10, units - 1), strength: 0.8 }),
    driveDecay: exp(-1 / 4),
  };

  // Envelope of the burst under way: rises in about 8 bins, falls in 60-180, and begins again after seconds of quiet. A
  // tenth of the events are short population spikes instead. Past values form a delay line: unit u sees it `latency[u]` late.
  const modulation = new RandomStream(seed, SIMULATION_STREAMS.modulation);
  const delayed = new Float64Array(LATEST);
  let next = Math.round(500 + 1500 * modulation.exponential());
  let push = 0;
  let left = 0;
  let fall = 0;
  let height = 0;
  let envelope = 0;
  const modulate = (bin: number, factors: Float64Array): void => {
    if (bin === next) {
      const short = modulation.uniform() < 0.1;
      height = 0.4 + modulation.uniform();
      left = short ? 4 : 20 + modulation.integer(30);
      fall = exp(-1 / (short ? 6 : 60 + 120 * modulation.uniform()));
      push = 0.12;
      next = bin + 600 + Math.round(2500 * modulation.exponential());
    }
    if (left > 0) {
      envelope += push * (height - envelope);
      left--;
    } else {
      envelope *= fall;
    }
    delayed[bin % LATEST] = envelope;
    for (let u = 0; u < units; u++) {
      factors[u] = 1 + gain[u] * delayed[(bin - latency[u] + LATEST) % LATEST];
    }
  };
  return runNetwork(network, seconds, seed, modulate, {
    name: `simulated in vitro (seed ${seed})`,
    ticksPerBin: 20,
    units: simulatedUnits(excites),
    assumptions: ['Simulated: network bursts every few seconds, coupled units, one refractory millisecond.'],
  });
}
