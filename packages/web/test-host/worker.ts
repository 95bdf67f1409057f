// The suites where a page of ours computes: in a worker of a cross-origin isolated page.
import { requestGpu } from '@spikebridge/model';
import type { Line, Suite } from './rows.ts';
import { shaderModules } from './shader-modules.ts';
import { runSuite, SUITES } from './suite.ts';

const say = (line: Line): void => self.postMessage(line);

/** Threads of the CPU backend share memory, which browsers grant to isolated pages alone. */
const sharedMemory: Suite = {
  name: 'worker',
  *rows() {
    const pass = self.crossOriginIsolated && typeof SharedArrayBuffer === 'function';
    const message = pass ? '' : `crossOriginIsolated is ${self.crossOriginIsolated}`;
    yield { suite: 'worker', name: 'shared memory', pass, worst: null, tolerance: null, message };
  },
};

const { gpu } = navigator as { gpu?: GPU };
if (gpu === undefined) throw new Error('the worker has no navigator.gpu');
const access = await requestGpu(gpu);
if ('missing' in access) throw new Error(access.missing);
const { device, info } = access;
say({ kind: 'host', runtime: navigator.userAgent, info });
/** Beside the page, where its server has recordings; the page itself answers for what is not there. */
async function recordingBesidePage(): Promise<Uint8Array | null> {
  const answer = await fetch('/asdf_bh.mat');
  const there = answer.ok && answer.headers.get('content-type')?.startsWith('text/html') !== true;
  return there ? new Uint8Array(await answer.arrayBuffer()) : null;
}
const recording = await recordingBesidePage();
// The page hands on the query it was opened with.
const query = new URLSearchParams(self.name);
const wanted = query.getAll('suite');
// A browser of this kind takes shaders by Tint, as Dawn does, whose lane shows it every module.
const suites = [...SUITES, sharedMemory].filter(({ name }) =>
  wanted.length === 0 ? name !== shaderModules.name : wanted.includes(name),
);
const thorough = query.has('thorough');
await runSuite(device, info, (row) => say({ kind: 'row', row }), { suites, recording, thorough });
device.destroy();
say({ kind: 'end' });
