// Says as one JSON document whether this runtime (Node or Deno) gets a GPU device here. A process of its own: a driver that
// crashes takes nothing else along. Uses the built packages.
import { openGpu } from '../packages/cli/dist/host/webgpu.js';

const gpu = await openGpu();
console.log(JSON.stringify('missing' in gpu ? gpu : { info: gpu.info }));
if (!('missing' in gpu)) gpu.close();
