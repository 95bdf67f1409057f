// What no single key can say: values that must fit one another.
import { SpikebridgeError } from '../errors.ts';
import { isUnitFree } from './schema.ts';
import type { RunConfig, TransformerRunConfig } from './schema.ts';

interface Rule<C extends RunConfig> {
  readonly where: string;
  readonly broken: (config: C) => boolean;
  readonly message: (config: C) => string;
}

const RULES: readonly Rule<RunConfig>[] = [
  {
    where: 'training.steps',
    broken: ({ training }) => (training.steps === null) === (training.epochs === null),
    message: ({ training }) =>
      `training.steps is ${training.steps ?? 'null'} and training.epochs is ${training.epochs ?? 'null'}; ` +
      'expected a number for exactly one of the two',
  },
  {
    where: 'data.split',
    broken: ({ data }) => Math.abs(data.split[0] + data.split[1] + data.split[2] - 100) > 1e-6,
    message: ({ data }) =>
      `data.split is ${data.split.join(',')}; expected three percentages that sum to 100`,
  },
  {
    where: 'data.split',
    broken: ({ data }) => data.split[0] === 0,
    message: () => 'data.split leaves nothing to train on; expected a training share above 0',
  },
  {
    where: 'data.stop',
    broken: ({ data }) => data.stop !== null && data.stop <= (data.start ?? 0),
    message: ({ data }) =>
      `data.stop is ${data.stop ?? 'null'} s; expected a time after data.start (${data.start ?? 0} s)`,
  },
  {
    where: 'training.optimiser',
    broken: ({ training }) => training.optimiser === 'adam' && training.weightDecay !== 0,
    message: () => 'adam has no decoupled decay; set training.weightDecay=0 or training.optimiser=adamw',
  },
  {
    where: 'training.betas',
    broken: ({ training }) => training.betas.some((beta) => beta >= 1),
    message: ({ training }) => `training.betas is ${training.betas.join(',')}; expected both below 1`,
  },
];

const TRANSFORMER_RULES: readonly Rule<TransformerRunConfig>[] = [
  {
    where: 'net.heads',
    broken: ({ net }) => net.width % net.heads !== 0,
    message: ({ net }) => `net.heads is ${net.heads}; expected a divisor of net.width (${net.width})`,
  },
  {
    where: 'net.positions',
    broken: ({ net }) => net.positions === 'rotary' && (net.width / net.heads) % 2 !== 0,
    message: ({ net }) =>
      `rotary positions turn pairs of a head's columns; expected an even net.width / net.heads, got ${net.width / net.heads}`,
  },
  {
    where: 'net.embedding',
    broken: ({ net, data }) => net.embedding === 'identity' && net.width !== data.units,
    message: ({ net, data }) =>
      `net.embedding is identity, so net.width must equal data.units (${data.units}); it is ${net.width}`,
  },
  {
    where: 'net.history.logScale',
    broken: ({ net }) => net.history !== null && net.history.taus.length !== net.history.logScale.length,
    message: ({ net }) =>
      `net.history has ${net.history?.taus.length ?? 0} taus and ${net.history?.logScale.length ?? 0} entries of logScale; expected as many`,
  },
  {
    where: 'net.history.ageEdges',
    broken: ({ net }) => net.history?.ageEdges.some((edge, i, all) => i > 0 && edge <= all[i - 1]) ?? false,
    message: () => 'net.history.ageEdges must rise from entry to entry',
  },
];

/** @throws E_CONFIG_VALUE (exit code 2) at the first pair of values that do not fit. */
export function checkTogether(config: RunConfig): void {
  applyRules(RULES, config);
  if (!isUnitFree(config)) applyRules(TRANSFORMER_RULES, config);
}

function applyRules<C extends RunConfig>(rules: readonly Rule<C>[], config: C): void {
  const rule = rules.find((candidate) => candidate.broken(config));
  if (rule !== undefined) {
    throw new SpikebridgeError('E_CONFIG_VALUE', rule.message(config), { where: rule.where, exitCode: 2 });
  }
}
