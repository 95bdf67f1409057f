// A run folder opened for use: its configuration, the recording it was trained on (found again and checked), its best
// weights and a device.
import { join } from 'node:path';
import { existsSync } from 'node:fs';
import type { Json, PredictorFactory, ResolvedConfig, SpikeNet, UnitFreeNet } from '@spikebridge/model';
import {
  modelPredictorFactory,
  netOfConfig,
  RunFolder,
  SpikebridgeError,
  unitFreeNetOf,
  unitFreePredictorFactory,
  weightsOf,
  isUnitFree,
} from '@spikebridge/model';
import { openData } from './data.ts';
import { openDevice } from './device.ts';
import type { Device } from './device.ts';
import { nodeRunStore } from './host/run-store.ts';
import { knownSource } from './known-sources.ts';
import { prepareSource } from './prepared.ts';
import type { Prepared } from './prepared.ts';
import { dataRecord, recordedDevice } from './run-record.ts';
import type { Terminal } from './terminal.ts';

export interface TrainedRun {
  readonly path: string;
  readonly folder: RunFolder;
  readonly resolved: ResolvedConfig;
  readonly net: SpikeNet | UnitFreeNet;
  readonly weights: Map<string, Float32Array>;
  readonly step: number;
}

/** A run folder on this machine. @throws E_RUN_MISSING */
export const openFolder = (path: string): Promise<RunFolder> => RunFolder.open(nodeRunStore(path));

/** @throws E_RUN_MISSING, E_CHECKPOINT_MISSING */
export async function openRun(path: string): Promise<TrainedRun> {
  const folder = await openFolder(path);
  const best = await folder.best();
  const { config } = folder.resolved;
  return {
    path,
    folder,
    resolved: folder.resolved,
    net: isUnitFree(config) ? unitFreeNetOf(config) : netOfConfig(config),
    weights: weightsOf(best),
    step: best.state.step,
  };
}

/**
 * The device for judging a run: the build it was trained with where this runtime has it, on all cores (windows are long,
 * and floors are large matrix products). Threads change no bit, another build the last ones only. What a GPU trained is
 * judged on the CPU, where its floors are.
 */
export function deviceOf({ resolved, folder }: TrainedRun, threads: number | undefined): Promise<Device> {
  const { device } = resolved.config;
  const deterministic = resolved.config.deterministic || recordedDevice(folder)?.build === 'plain';
  return openDevice({ device: device === 'webgpu' ? 'auto' : device, deterministic, threads });
}

/** The `model` row of an evaluation. */
export const modelOf = (
  { net, weights, resolved }: TrainedRun,
  { backend, matMul }: Device,
): PredictorFactory =>
  net.kind === 'unit-free'
    ? unitFreePredictorFactory({ backend, net, weights, host: matMul, loss: resolved.config.loss.kind })
    : modelPredictorFactory({ backend, net, weights });

/** The net of a run whose columns are the units of its source. @throws E_NET_KIND where it is of another kind. */
export function transformerOf({ net, path }: Pick<TrainedRun, 'net' | 'path'>): SpikeNet {
  if (net.kind === 'transformer') return net;
  throw new SpikebridgeError('E_NET_KIND', 'this is for a transformer, and the run is unit-free', {
    where: path,
    fix: 'take a run of another preset',
    exitCode: 2,
  });
}

export interface Source extends Prepared {
  readonly fingerprint: string;
}

/**
 * The recording a run was trained on, prepared as for training: where `--source` says, where it lies relative to the run,
 * or where this machine last saw it.
 * @throws E_DATA_MISSING where it is no longer found, E_DATA_CHANGED where it holds other trains
 */
export async function openSource(
  run: TrainedRun,
  stated: string | undefined,
  terminal: Terminal,
): Promise<Source> {
  const record = dataRecord(run.folder);
  const beside = record.path === null ? undefined : join(run.path, record.path);
  const path =
    stated ??
    [beside, knownSource(record.fingerprint)].find((found) => found !== undefined && existsSync(found));
  if (path === undefined || !existsSync(path))
    throw new SpikebridgeError(
      'E_DATA_MISSING',
      `the recording this run was trained on (${record.name}) is not found`,
      {
        where: run.path,
        fix: 'say where it lies now with --source',
        exitCode: 2,
      },
    );
  const opened = await openData(path, record.reading, terminal);
  if (opened.fingerprint !== record.fingerprint)
    throw new SpikebridgeError(
      'E_DATA_CHANGED',
      `these are not the spike trains of ${record.name}, which the run was trained on`,
      {
        where: path,
        fix: 'give the recording the run was trained on with --source',
      },
    );
  return { ...prepareSource(opened.recording, run.resolved.config), fingerprint: opened.fingerprint };
}

/** A document as the run folder takes it. */
export const asJson = (document: unknown): Json => JSON.parse(JSON.stringify(document)) as Json;
