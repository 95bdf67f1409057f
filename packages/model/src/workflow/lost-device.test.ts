// Plan: work that loses its device goes on from what was saved on a new one; other errors, other backends and a fourth loss end it.
import { describe, expect, it } from 'vitest';
import { SpikebridgeError } from '../errors.ts';
import type { Device } from './device.ts';
import { survivingLoss } from './lost-device.ts';
import { silent } from './testing/listeners.ts';

const lost = () => new SpikebridgeError('E_GPU_LOST', 'the device was lost (unknown): reset');

/** A device by number, which can be opened anew unless `final`. */
function fake(number: number, log: string[], final = false): Device {
  return {
    choice: { description: `device ${number}` },
    dispose: () => log.push(`closed ${number}`),
    ...(final ? {} : { reopen: () => Promise.resolve(fake(number + 1, log)) }),
  } as unknown as Device;
}

function run(losses: number, { error = lost, final = false } = {}) {
  const log: string[] = [];
  const result = survivingLoss({
    device: fake(0, log, final),
    listener: silent,
    replaced: ({ choice }) => log.push(`now ${choice.description}`),
    work: ({ choice }, again) => {
      log.push(`${again ? 'again' : 'first'} on ${choice.description}`);
      return log.filter((line) => / on /.test(line)).length <= losses
        ? Promise.reject(error())
        : Promise.resolve('done');
    },
  });
  return { result, log };
}

describe('survivingLoss', () => {
  it('goes on from what was saved, on a new device, and closes the lost one', async () => {
    const { result, log } = run(2);
    expect(await result).toBe('done');
    expect(log).toEqual([
      ...['first on device 0', 'closed 0', 'now device 1'],
      ...['again on device 1', 'closed 1', 'now device 2', 'again on device 2'],
    ]);
  });

  it('gives up at the fourth loss, at once on another error, and where nothing can be opened anew', async () => {
    const often = run(4);
    await expect(often.result).rejects.toMatchObject({ code: 'E_GPU_LOST' });
    expect(often.log.filter((line) => / on /.test(line))).toHaveLength(4);
    const other = run(1, { error: () => new SpikebridgeError('E_GPU_MEMORY', 'full') });
    await expect(other.result).rejects.toMatchObject({ code: 'E_GPU_MEMORY' });
    expect(other.log).toEqual(['first on device 0']);
    await expect(run(1, { final: true }).result).rejects.toMatchObject({ code: 'E_GPU_LOST' });
  });
});
