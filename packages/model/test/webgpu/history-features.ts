// The features of own history that tests of this folder share: a software adapter compiles each set for a quarter of a minute.

const TAUS = [2, 64, 500, 2000, 10_000, 60_000];
const DECAYS = TAUS.map((tau) => Math.exp(-1 / tau));
/** Traces of the presets' decays with both kinds of log counts, ages past a chunk. */
export const HISTORY_FEATURES = {
  lags: 5,
  decays: DECAYS,
  logScale: [0, 0, 0, 0, 1, 2],
  scales: DECAYS.map((decay) => Math.sqrt(1 - decay * decay)),
  ageEdges: [1, 2, 5, 20, 100, 300, 700, 1200, 2000, 4000],
} as const;
