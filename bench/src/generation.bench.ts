// The generation suite: bins a second of a free-running roll-out, sampling included, against the only other way the engine has
// to sample, a plan over the whole context for every bin.
// Usage: node dist/generation.bench.js [--quick]; writes results/generation.json.
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import {
  createSpikeNet,
  createWasmBackend,
  generate,
  NET_PRESETS,
  NetRoller,
  nodeThreads,
} from '@spikebridge/model';
import type { LossConfig, SpikeNet, WasmBackend } from '@spikebridge/model';
import { median, writeResults } from './results.ts';
import type { BenchRow } from './results.ts';

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
const SUITE = 'generation';
const UNITS = 128;
/** Bins of one sample: short enough that some of many fall between the turns of other processes. */
const BINS = 250;
const SAMPLES = values.quick ? 6 : 60;
const LOSS: LossConfig = {
  ...{ kind: 'bce', gamma: 2, smooth: 1, density: 0.02, densityPenalty: false },
  ...{ bceShare: 0, doubleSigmoid: false },
};
const say = (line: string): void => void process.stderr.write(`${line}\n`);
const rates = new Float64Array(UNITS).fill(0.01);

const netOf = (preset: keyof typeof NET_PRESETS, context: number): SpikeNet =>
  createSpikeNet(NET_PRESETS[preset], { units: UNITS, context, binMilliseconds: 1 }, LOSS);

/** Milliseconds of each sample of BINS bins, once the context is full. */
async function rollOut(backend: WasmBackend, net: SpikeNet): Promise<number[]> {
  const weights = net.initialise(1, rates);
  const roller = new NetRoller({ core: backend.core, net, weights, doubleSigmoid: false });
  const present = new Uint8Array(UNITS).fill(1);
  const run = (bins: number, seed: number): Promise<number> => {
    const prompt = { words: new Uint32Array(net.wordsPerBin), bins: 1 };
    return generate(roller, prompt, { bins, seed, present, take: () => undefined });
  };
  await run(net.config.context + BINS, 0);
  const times: number[] = [];
  for (let i = 1; i <= SAMPLES; i++) {
    const start = performance.now();
    await run(BINS, i);
    times.push(performance.now() - start);
  }
  roller.dispose();
  return times;
}

/** Milliseconds of a score plan over one context: what one more bin costs without rings. */
function wholeContexts(backend: WasmBackend, net: SpikeNet): number[] {
  const parameters = backend.parameters(net.specs);
  for (const [name, data] of net.initialise(1, rates)) parameters.write(name, data);
  const { plan } = net.plan('score', { batch: 1, bins: net.config.context });
  const compiled = backend.compile(plan, parameters);
  const times: number[] = [];
  for (let i = 0; i < (values.quick ? 4 : 20); i++) {
    const start = performance.now();
    compiled.run('forward', { seed: 0, step: 0 });
    times.push(performance.now() - start);
  }
  compiled.dispose();
  parameters.dispose();
  return times.slice(1);
}

const rows: BenchRow[] = [];
const cases = [
  ['small', 1024],
  ['paper', 1024],
  ['base', 2048],
] as const;
for (const [preset, context] of cases) {
  const net = netOf(preset, context);
  let ours = NaN;
  for (const threads of [1, 2]) {
    const backend = await createWasmBackend({ threads, deterministic: true, spawn: nodeThreads(Worker) });
    const times = await rollOut(backend, net);
    const perSecond = (ms: number): string => Math.round((1000 * BINS) / ms).toLocaleString('en');
    const note = `plain SIMD; ${perSecond(median(times))} bins/s, fastest ${perSecond(Math.min(...times))}`;
    const base = {
      suite: SUITE,
      shape: `${preset}, ${UNITS} units, context ${context.toLocaleString('en')}`,
    };
    const what = `${BINS} bins`;
    const who = `roll-out, ${threads} thread${threads === 1 ? '' : 's'}`;
    const row = { ...base, what, peakRssMiB: null };
    rows.push({ ...row, peer: who, medianMs: median(times), runs: times.length, ratio: null, note });
    say(`  ${base.shape}, ${who}: ${note}`);
    if (threads === 1) ours = median(times);
    else {
      const plans = wholeContexts(backend, net);
      const medianMs = BINS * median(plans);
      const peer = 'a plan over the context for every bin, 2 threads';
      const told = `${median(plans).toFixed(2)} ms a plan; against 1 thread of ours`;
      rows.push({ ...row, peer, medianMs, runs: plans.length, ratio: medianMs / ours, note: told });
    }
    backend.dispose();
  }
}
say(`wrote ${writeResults(SUITE, rows, { quick: values.quick })}`);
