// What this machine has to compute with: the one place where the command line meets threads and the GPU.
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { DeviceHost } from '@spikebridge/model';
import { nodeThreads } from '@spikebridge/model';
import { gpuMayExist, openGpuDevice } from './device-gpu.ts';

export const nodeDeviceHost: DeviceHost = {
  cores: availableParallelism(),
  spawn: nodeThreads(Worker),
  gpuMayExist,
  openGpu: openGpuDevice,
};
