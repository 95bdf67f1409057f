// The net of a run, with the weights that predictions use, as files that other tools read.
import { netFiles } from '../interop/net-files.ts';
import { describeNet } from '../interop/net-description.ts';
import { onnxModel } from '../interop/onnx-model.ts';
import { VERSION } from '../version.ts';
import { dataRecord } from './run-record.ts';
import { transformerOf } from './trained-run.ts';
import type { TrainedRun } from './trained-run.ts';

export interface ExportedRun {
  /** Content by file name: one file of ONNX, or safetensors beside config.json. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Weights in all. */
  readonly weights: number;
  /** What config.json says: the net, the step, and which unit of which recording each column is. */
  readonly description: Readonly<Record<string, unknown>>;
}

/** @throws SpikebridgeError E_NET_KIND for a unit-free net, E_MODEL_WEIGHTS */
export async function exportRun(run: TrainedRun, format: 'onnx' | 'safetensors'): Promise<ExportedRun> {
  const net = transformerOf(run);
  const { name, fingerprint, slots } = dataRecord(run.folder);
  const options = {
    weights: run.weights,
    doubleSigmoid: run.resolved.config.loss.doubleSigmoid,
    extra: {
      spikebridge_version: VERSION,
      training: {
        step: run.step,
        config_hash: run.resolved.hash,
        recording: { name, fingerprint, slots },
      },
    },
  };
  return {
    files:
      format === 'onnx'
        ? new Map([['model.onnx', await onnxModel(net, { ...options, producerVersion: VERSION })]])
        : netFiles(net, options),
    weights: [...run.weights.values()].reduce((sum, { length }) => sum + length, 0),
    description: { ...describeNet(net.config, options), ...options.extra },
  };
}
