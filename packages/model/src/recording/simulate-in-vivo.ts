// An in vivo-like recording (Neuropixels): asynchronous sparse firing, 6-10 ms refractory, theta- and gamma-modulated
// population rate with a phase of its own for each unit, slow drifts, burst-prone units and sparse E/I coupling.
import { RandomStream } from '../engine/random.ts';
import { cos, exp, sin } from '../engine/elementary.ts';
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

const TURN = 6.283185307179586;
/** Bins between updates of the slow drifts. */
const DRIFT_BINS = 100;

/**
 * Simulates an in vivo-like recording at 30 kHz, 1 ms structure. Same options, same spikes, on any host; a longer run
 * begins with the shorter one.
 */
export function simulateInVivo(options: SimulationOptions = {}): Recording {
  const { units = 128, seconds = 120, seed = 1 } = options;
  const structure = new RandomStream(seed, SIMULATION_STREAMS.structure);
  const excites = excitatory(structure, units);
  const base = logNormalRates(structure, units, 1.2, 1, 25);
  const each = (draw: () => number): Float64Array => Float64Array.from({ length: units }, draw);
  const thetaDepth = each(() => 0.2 + 0.7 * structure.uniform());
  const thetaPhase = each(() => TURN * (0.15 * structure.normal()));
  const gammaDepth = each(() => 0.4 * structure.uniform());
  const gammaPhase = each(() => TURN * structure.uniform());
  const thetaCos = thetaPhase.map(cos);
  const thetaSin = thetaPhase.map(sin);
  const gammaCos = gammaPhase.map(cos);
  const gammaSin = gammaPhase.map(sin);
  const network: Network = {
    base,
    silent: each(() => 2 + structure.integer(3)),
    recovery: each(() => 4 + structure.integer(3)),
    ownJump: each(() => (structure.uniform() < 0.5 ? 0.02 + 0.05 * structure.uniform() : 0)),
    ownDecay: each(() => exp(-1 / (6 + 14 * structure.uniform()))),
    ...couplings(structure, base, excites, { fanOut: Math.min(8, units - 1), strength: 3 }),
    driveDecay: exp(-1 / 5),
  };

  // Theta near 8 Hz whose frequency wanders, gamma near 40 Hz riding on theta's peak, a log-rate drift a unit with a time
  // constant of 20 s, and one arousal drift shared by all.
  const modulation = new RandomStream(seed, SIMULATION_STREAMS.modulation);
  const drift = new Float64Array(units);
  const slow = new Float64Array(units).fill(1);
  const keep = exp(-DRIFT_BINS / 20_000);
  const kick = Math.sqrt(1 - keep * keep);
  let arousal = 0;
  let theta = 0;
  let gamma = 0;
  let thetaStep = (TURN * 8) / 1000;
  const modulate = (bin: number, factors: Float64Array): void => {
    if (bin % DRIFT_BINS === 0) {
      arousal = keep * arousal + kick * modulation.normal();
      thetaStep = (TURN * (8 + 0.7 * modulation.normal())) / 1000;
      for (let u = 0; u < units; u++) {
        drift[u] = keep * drift[u] + kick * modulation.normal();
        slow[u] = exp(0.45 * drift[u] + 0.25 * arousal);
      }
    }
    theta = (theta + thetaStep) % TURN;
    gamma = (gamma + (TURN * 40) / 1000) % TURN;
    const thetaC = cos(theta);
    const thetaS = sin(theta);
    const rides = 0.5 + 0.5 * thetaC;
    const gammaC = rides * cos(gamma);
    const gammaS = rides * sin(gamma);
    for (let u = 0; u < units; u++) {
      const slowWave = thetaDepth[u] * (thetaC * thetaCos[u] + thetaS * thetaSin[u]);
      const fastWave = gammaDepth[u] * (gammaC * gammaCos[u] + gammaS * gammaSin[u]);
      factors[u] = slow[u] * (1 + slowWave) * (1 + fastWave);
    }
  };
  return runNetwork(network, seconds, seed, modulate, {
    name: `simulated in vivo (seed ${seed})`,
    ticksPerBin: 30,
    units: simulatedUnits(excites),
    assumptions: [
      'Simulated: theta- and gamma-modulated asynchronous firing, slow drifts, coupled units, refractory 6-10 ms.',
    ],
  });
}
