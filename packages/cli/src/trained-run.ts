// A run folder of this machine opened for use, the recording it was trained on (found again and checked), and a device.
import { join } from 'node:path';
import { existsSync } from 'node:fs';
import type { Device, Source, TrainedRun } from '@spikebridge/model';
import {
  dataRecord,
  openDevice,
  openTrainedRun,
  recordedDevice,
  RunFolder,
  sourceOf,
  SpikebridgeError,
} from '@spikebridge/model';
import { openData } from './data.ts';
import { nodeDeviceHost } from './device.ts';
import { nodeRunStore } from './host/run-store.ts';
import { knownSource } from './known-sources.ts';
import type { Terminal } from './terminal.ts';

/** A run folder on this machine. @throws E_RUN_MISSING */
export const openFolder = (path: string): Promise<RunFolder> => RunFolder.open(nodeRunStore(path));

/** @throws E_RUN_MISSING, E_CHECKPOINT_MISSING */
export const openRun = async (path: string): Promise<TrainedRun> =>
  openTrainedRun(await openFolder(path), path);

/**
 * The device for judging a run: the build it was trained with where this runtime has it, on all cores (windows are long,
 * and floors are large matrix products). Threads change no bit, another build the last ones only. What a GPU trained is
 * judged on the CPU, where its floors are.
 */
export function deviceOf({ resolved, folder }: TrainedRun, threads: number | undefined): Promise<Device> {
  const { device } = resolved.config;
  const deterministic = resolved.config.deterministic || recordedDevice(folder)?.build === 'plain';
  return openDevice(nodeDeviceHost, {
    ...{ deterministic, threads },
    device: device === 'webgpu' ? 'auto' : device,
  });
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
  return sourceOf(run, await openData(path, record.reading, terminal), path);
}
