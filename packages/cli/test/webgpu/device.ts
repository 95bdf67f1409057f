// The one device of the lane webgpu-dawn, whose files share a process: opening costs a driver's start.
import type { OpenGpu } from '../../src/host/webgpu.ts';
import { openGpu } from '../../src/host/webgpu.ts';

let opened: Promise<OpenGpu> | undefined;

/** The lane's device. Destroy no device but one of your own. Throws where there is none: the lane should not have started. */
export function testGpu(): Promise<OpenGpu> {
  opened ??= openGpu().then((gpu) => {
    if ('missing' in gpu) throw new Error(gpu.missing);
    return gpu;
  });
  return opened;
}
