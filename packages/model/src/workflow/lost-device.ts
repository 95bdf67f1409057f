// What happens when a GPU goes away in the middle of work (a driver reset, a laptop that docks): the work begins again on a new
// device, from what it saved.
import { SpikebridgeError } from '../errors.ts';
import type { Device } from './device.ts';
import type { Listener } from './listener.ts';

/** A device that is lost more often than this is not worth waiting for. */
const MOST_LOSSES = 3;

export interface SurvivingWork<T> {
  readonly device: Device;
  readonly listener: Listener;
  /** Told of every new device, so that the last one is closed. */
  readonly replaced: (device: Device) => void;
  /** `again` is true from the second device on: go on from what was saved. */
  readonly work: (device: Device, again: boolean) => Promise<T>;
}

/** Runs `work`; after each loss of the device, again on a new one. @throws what `work` throws, and E_GPU_LOST after three losses. */
export async function survivingLoss<T>({ device, listener, replaced, work }: SurvivingWork<T>): Promise<T> {
  let now = device;
  for (let losses = 0; ; losses++) {
    try {
      return await work(now, losses > 0);
    } catch (error) {
      const lost = error instanceof SpikebridgeError && error.code === 'E_GPU_LOST';
      if (!lost || now.reopen === undefined || losses === MOST_LOSSES) throw error;
      listener.note(`\n${error.message}; going on from the last checkpoint on a new device`);
      const { reopen } = now;
      now.dispose();
      now = await reopen();
      replaced(now);
    }
  }
}
