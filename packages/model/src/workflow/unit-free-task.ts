// The rows that a unit-free net learns from, drawn from prepared recordings with progress.
import type { UnitFreeRunConfig } from '../config/schema.ts';
import { RowTask } from '../unit-free/row-task.ts';
import type { Device } from './device.ts';
import type { Listener, Progress } from './listener.ts';
import type { Prepared } from './prepared.ts';
import { presentUnits } from './target.ts';
import { nextTurn } from './turn.ts';

export interface DrawRequest {
  readonly config: UnitFreeRunConfig;
  readonly sources: readonly Prepared[];
  readonly device: Pick<Device, 'matMul'>;
  readonly signal: AbortSignal;
  readonly listener: Listener;
}

/** @returns null after the signal. */
export async function drawTask(request: DrawRequest): Promise<RowTask | null> {
  const { config, sources, device, signal, listener } = request;
  let progress: Progress | undefined;
  try {
    return await RowTask.create({
      ...{ config, signal, host: device.matMul },
      sources: sources.map(({ raster, selection, split }) => ({
        raster,
        present: presentUnits(selection.slots),
        train: split.train.spans,
        validation: split.validation.spans,
      })),
      onProgress: async (done, all) => {
        progress ??= listener.progress('drawing rows', all, 'exposures');
        progress.update(done);
        await nextTurn();
      },
    });
  } finally {
    progress?.stop();
  }
}
