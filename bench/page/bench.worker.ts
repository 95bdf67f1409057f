// Measures one device, away from the page.
import * as tf from '@tensorflow/tfjs';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { gpuName, hasSharedMemory } from '@spikebridge/model';
import { webDeviceHost } from '../../packages/web/src/host/web-device.ts';
import type { Asked, Said, Sight } from './job.ts';
import { measureJob } from './measure-job.ts';

// Beside the page's own scripts (tfjs-files.ts).
setWasmPaths(new URL('../tfjs/', self.location.href).href);

const say = (said: Said): void => self.postMessage(said);

async function look(): Promise<Sight> {
  const gpu = await webDeviceHost.openGpu();
  if (!('missing' in gpu)) gpu.dispose();
  return {
    tfjs: tf.version.tfjs,
    gpu: 'missing' in gpu ? gpu : { name: gpuName(gpu.info), info: gpu.info },
    noThreads: hasSharedMemory() ? '' : 'the page is not isolated, so that threads cannot share memory',
  };
}

async function answer(asked: Asked): Promise<void> {
  if (asked.kind === 'look') say({ kind: 'sight', sight: await look() });
  else {
    await measureJob(asked.job, say);
    say({ kind: 'end' });
  }
}

self.onmessage = ({ data }: MessageEvent<Asked>) => {
  answer(data).catch((error: unknown) => {
    say({ kind: 'fault', message: error instanceof Error ? error.message : String(error) });
  });
};
