// The rows that a unit-free net learns from, drawn from prepared recordings with progress.
import { setImmediate } from 'node:timers/promises';
import type { Device, Prepared, UnitFreeRunConfig } from '@spikebridge/model';
import { presentUnits, RowTask } from '@spikebridge/model';
import type { holdInterrupt } from './interrupt.ts';
import { startProgress } from './progress.ts';
import type { Terminal } from './terminal.ts';

export interface DrawCall {
  readonly config: UnitFreeRunConfig;
  readonly sources: readonly Prepared[];
  readonly device: Device;
  readonly interrupt: ReturnType<typeof holdInterrupt>;
  readonly terminal: Terminal;
}

/** @returns null after Ctrl-C. */
export async function drawTask(call: DrawCall): Promise<RowTask | null> {
  const { config, sources, device, interrupt, terminal } = call;
  let progress: ReturnType<typeof startProgress> | undefined;
  try {
    return await RowTask.create({
      config,
      sources: sources.map(({ raster, selection, split }) => ({
        raster,
        present: presentUnits(selection.slots),
        train: split.train.spans,
        validation: split.validation.spans,
      })),
      host: device.matMul,
      signal: interrupt.signal,
      onProgress: async (done, all) => {
        progress ??= startProgress(terminal, 'drawing rows', all, 'exposures');
        progress.update(done);
        // A turn for the signal.
        await setImmediate();
      },
    });
  } finally {
    progress?.stop();
  }
}
