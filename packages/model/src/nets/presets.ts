// The architectures by name, every value written out; docs/models.md prints the same table.
import type { HistoryConfig, NetConfig } from './types.ts';

/**
 * Lags 1-5, traces of 2 ms to 2 s, log counts of 1, 10 and 60 s, and the hazard: the time since the last spike in buckets,
 * one a bin up to 12, then 24 in even ratios up to 4000.
 */
const HISTORY: HistoryConfig = {
  lags: 5,
  taus: [2, 4, 8, 16, 32, 64, 125, 250, 500, 1000, 2000, 1000, 10000, 60000],
  logScale: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1],
  ageEdges: [
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 15, 19, 25, 32, 40, 51, 65, 83, 106, 135, 172, 219, 279, 356, 453,
    577, 735, 936, 1193, 1519, 1935, 2465, 3140, 4000,
  ],
};

/** The published model, made causal: the token is the binary vector, 116,096 parameters at 128 units. */
const paper: NetConfig = {
  layers: 1,
  width: 128,
  heads: 16,
  feedForward: 128,
  activation: 'relu',
  norm: 'post',
  positions: 'none',
  embedding: 'identity',
  dropout: 0.1,
  attentionDropout: 0.1,
  window: 0,
  outputBias: 'log-odds',
  outputWeight: 'uniform',
  history: null,
};

/** For two CPU cores. */
const small: NetConfig = {
  layers: 1,
  width: 128,
  heads: 4,
  feedForward: 256,
  activation: 'relu',
  norm: 'pre',
  positions: 'rotary',
  embedding: 'bits',
  dropout: 0.1,
  attentionDropout: 0,
  window: 0,
  outputBias: 'log-odds',
  outputWeight: 'zero',
  history: HISTORY,
};

/** For a GPU. */
const base: NetConfig = {
  layers: 4,
  width: 256,
  heads: 8,
  feedForward: 1024,
  activation: 'gelu',
  norm: 'pre',
  positions: 'rotary',
  embedding: 'bits',
  dropout: 0.1,
  attentionDropout: 0,
  window: 0,
  outputBias: 'log-odds',
  outputWeight: 'zero',
  history: HISTORY,
};

export const NET_PRESETS: Readonly<Record<'paper' | 'small' | 'base', NetConfig>> = { paper, small, base };
