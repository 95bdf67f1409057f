// A net as the two files that other tools read, in memory: a host writes them.
import { writeSafetensors } from '../formats/safetensors.ts';
import { valuesOf } from '../nets/parameters.ts';
import type { SpikeNet } from '../nets/types.ts';
import { DESCRIPTION_FILE, WEIGHTS_FILE, describeNet, descriptionText } from './net-description.ts';

export interface ExportOptions {
  /** Values by parameter name (see `weightsOf`). */
  readonly weights: ReadonlyMap<string, Float32Array>;
  /** Probabilities are sigmoid(sigmoid(logits)), as the loss had it. */
  readonly doubleSigmoid: boolean;
  /** Plain data for config.json, after the keys of the net: where the weights come from. */
  readonly extra: Readonly<Record<string, unknown>>;
}

/** Every parameter of the net with its shape, in forward order. @throws SpikebridgeError E_MODEL_WEIGHTS */
export function namedArrays(
  net: SpikeNet,
  weights: ReadonlyMap<string, Float32Array>,
): Map<string, { readonly shape: readonly number[]; readonly values: Float32Array }> {
  return new Map(
    net.specs.map((spec) => [spec.name, { shape: spec.shape, values: valuesOf(weights, spec) }]),
  );
}

/** Content by file name. Equal nets and weights give equal bytes. @throws SpikebridgeError E_MODEL_WEIGHTS */
export function netFiles(
  net: SpikeNet,
  { weights, doubleSigmoid, extra }: ExportOptions,
): Map<typeof DESCRIPTION_FILE | typeof WEIGHTS_FILE, Uint8Array> {
  const text = descriptionText(describeNet(net.config, { doubleSigmoid }), extra);
  return new Map([
    [DESCRIPTION_FILE, new TextEncoder().encode(text)],
    [WEIGHTS_FILE, writeSafetensors(namedArrays(net, weights), { format: 'pt' })],
  ]);
}
