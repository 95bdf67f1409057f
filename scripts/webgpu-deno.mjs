// The WebGPU suites on Deno: one JSON line a row on stdout. Run by the lane webgpu-deno; names of suites (`training`) run those alone.
import { openGpu } from '../packages/cli/dist/host/webgpu.js';
import { runSuite, SUITES } from '../packages/web/test-host/suite.ts';
import { invitroRecording } from './lib/gpu-recording.mjs';

const say = (line) => console.log(JSON.stringify(line));

const wanted = process.argv.slice(2);
const gpu = await openGpu();
if ('missing' in gpu) throw new Error(gpu.missing);
say({ kind: 'host', runtime: `Deno ${process.versions.deno}`, info: gpu.info });
await runSuite(gpu.device, gpu.info, (row) => say({ kind: 'row', row }), {
  suites: SUITES.filter(({ name }) => wanted.length === 0 || wanted.includes(name)),
  recording: invitroRecording(),
  thorough: process.env.SPIKEBRIDGE_THOROUGH === '1',
});
gpu.close();
say({ kind: 'end' });
