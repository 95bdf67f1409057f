// The parameters of the spike transformer: what they are called, their shapes, their starting values, and which
// configurations have none because they cannot be built.
import { SpikebridgeError } from '../errors.ts';
import type { ParameterSpec } from '../engine/backend.ts';
import { elementCount } from '../engine/plan-builder.ts';
import { logOdds, normalValues, uniformValues } from './initialise.ts';
import { historyFeatureCount, historyFeatures } from './own-history.ts';
import type { SpikeTransformerConfig } from './types.ts';

/** 32-bit words that hold one bin of `units` units. */
export function wordsPerBin(units: number): number {
  return Math.ceil(units / 32);
}

/** Refuses what cannot be built. @throws SpikebridgeError E_NET_CONFIG */
export function checkNet(config: SpikeTransformerConfig): void {
  const refuse = (where: string, message: string, fix: string): never => {
    throw new SpikebridgeError('E_NET_CONFIG', message, { where: `net.${where}`, fix, exitCode: 2 });
  };
  const { width, heads, units } = config;
  if (!(heads >= 1 && heads <= 32 && width % heads === 0)) {
    refuse(
      'heads',
      `${heads} heads do not divide a width of ${width}`,
      'choose 1-32 heads that divide the width',
    );
  }
  if (config.positions === 'rotary' && (width / heads) % 2 !== 0) {
    refuse(
      'positions',
      `rotary positions need heads of even width, not ${width / heads}`,
      'choose fewer heads',
    );
  }
  if (config.embedding === 'identity' && width !== units) {
    refuse(
      'width',
      `an identity embedding of ${units} units has width ${units}, not ${width}`,
      `set net.width=${units}`,
    );
  }
  for (const where of ['dropout', 'attentionDropout'] as const) {
    if (!(config[where] >= 0 && config[where] < 1))
      refuse(where, `${where} is ${config[where]}`, 'choose 0 ... 1');
  }
}

/** Every parameter of the net, in forward order. */
export function parameterSpecs(config: SpikeTransformerConfig): ParameterSpec[] {
  const { units, width, feedForward } = config;
  const specs: ParameterSpec[] = [];
  const declare = (name: string, shape: readonly number[], decay: boolean): void => {
    specs.push({ name, shape, decay, learningRateScale: 1 });
  };
  const declareLinear = (name: string, from: number, to: number): void => {
    declare(`${name}.weight`, [from, to], true);
    declare(`${name}.bias`, [to], false);
  };
  const declareNorm = (name: string): void => {
    declare(`${name}.gain`, [width], false);
    declare(`${name}.bias`, [width], false);
  };
  if (config.embedding === 'bits') declareLinear('embedding', units, width);
  if (config.positions === 'learned') declare('positions', [config.context, width], false);
  for (let layer = 0; layer < config.layers; layer++) {
    const name = `layers.${layer}`;
    declareNorm(`${name}.attentionNorm`);
    declareLinear(`${name}.attention.qkv`, width, 3 * width);
    declareLinear(`${name}.attention.output`, width, width);
    declareNorm(`${name}.feedForwardNorm`);
    declareLinear(`${name}.feedForward.in`, width, feedForward);
    declareLinear(`${name}.feedForward.out`, feedForward, width);
  }
  if (config.norm === 'pre') declareNorm('finalNorm');
  declareLinear('output', width, units);
  if (config.history) {
    const features = historyFeatures(config.history, config.binMilliseconds);
    declare('history.weight', [historyFeatureCount(features), units], true);
  }
  return specs;
}

/** The values of one parameter. @throws SpikebridgeError E_MODEL_WEIGHTS when they are missing or not of its shape. */
export function valuesOf(
  weights: ReadonlyMap<string, Float32Array>,
  { name, shape }: ParameterSpec,
): Float32Array {
  const values = weights.get(name);
  if (values?.length === elementCount(shape)) return values;
  throw new SpikebridgeError(
    'E_MODEL_WEIGHTS',
    `${name} has ${values?.length ?? 'no'} values; the net wants shape (${shape.join(', ')})`,
    { fix: 'use the weights with the configuration they were trained under' },
  );
}

/** Number of scalars a net learns. */
export function parameterCount(config: SpikeTransformerConfig): number {
  return parameterSpecs(config).reduce((sum, spec) => sum + elementCount(spec.shape), 0);
}

/**
 * Starting values. Projections are uniform in +-1 / sqrt(inputs), q | k | v Xavier-uniform (PyTorch's defaults), biases 0,
 * gains 1, history weights 0. Embedding vectors are normal with the deviation that gives an average bin's sum unit variance.
 */
export function initialValues(
  config: SpikeTransformerConfig,
  seed: number,
  trainingRates: Float64Array,
): Map<string, Float32Array> {
  const { units, width } = config;
  if (trainingRates.length !== units) {
    throw new SpikebridgeError('E_NET_RATES', `${trainingRates.length} training rates for ${units} units`);
  }
  const spikesPerBin = trainingRates.reduce((sum, rate) => sum + rate, 0);
  const values = new Map<string, Float32Array>();
  for (const { name, shape } of parameterSpecs(config)) {
    const zeros = new Float32Array(elementCount(shape));
    if (name === 'output.bias')
      values.set(name, config.outputBias === 'log-odds' ? logOdds(trainingRates) : zeros);
    else if (name.endsWith('.gain')) values.set(name, zeros.fill(1));
    else if (name.endsWith('.bias') || name === 'history.weight') values.set(name, zeros);
    else if (name === 'output.weight' && config.outputWeight === 'zero') values.set(name, zeros);
    else if (name === 'positions') values.set(name, normalValues(seed, name, shape, 0.02));
    else if (name === 'embedding.weight') {
      values.set(name, normalValues(seed, name, shape, 1 / Math.sqrt(Math.max(1, spikesPerBin))));
    } else if (name.endsWith('.qkv.weight')) {
      values.set(name, uniformValues(seed, name, shape, Math.sqrt(6 / (4 * width))));
    } else values.set(name, uniformValues(seed, name, shape, 1 / Math.sqrt(shape[0])));
  }
  return values;
}
