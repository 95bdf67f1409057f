// The generation suite: bins a second of a free-running roll-out, sampling included, against the only other way the engine has
// to sample, a plan over the whole context for every bin; and of a unit-free net, which has no context.
// Usage: node dist/generation.bench.js [--quick]; writes results/generation.json.
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import {
  CounterRandom,
  createSpikeNet,
  createWasmBackend,
  isUnitFree,
  kernelHost,
  NET_PRESETS,
  NetRoller,
  nodeThreads,
  resolveConfig,
  UnitFreeRoller,
  unitFreeNetOf,
} from '@spikebridge/model';
import type { KnownPart, LossConfig, Roller, SpikeNet, WasmBackend } from '@spikebridge/model';
import { median } from './figures.ts';
import type { BenchRow } from './figures.ts';
import { writeResults } from './results.ts';
import { rollOut } from './roll-out.ts';

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

/** A minute of units that fire at the rates of the in vivo recording or so. */
function minute(): KnownPart {
  const bins = 60_000;
  const random = new CounterRandom(1, 0xbe9c);
  const words = new Uint32Array((bins * UNITS) / 32);
  for (let bin = 0; bin < bins; bin++)
    for (let unit = 0; unit < UNITS; unit++)
      if (random.word(bin, unit) < 0.003 * 4294967296)
        words[bin * (UNITS / 32) + (unit >> 5)] |= 1 << (unit & 31);
  const spans = [{ start: 0, stop: bins }];
  return {
    raster: { words, bins, units: UNITS, wordsPerBin: UNITS / 32, binMilliseconds: 1, observed: spans },
    spans,
  };
}

/** A unit-free net at a level, as it is before training: what it computes takes as long as after it. */
function unitFree(backend: WasmBackend, level: string, known: KnownPart): Roller {
  const { config } = resolveConfig({ preset: 'unit-free', sets: [`net.level=${level}`] });
  if (!isUnitFree(config)) throw new TypeError('the preset unit-free is a unit-free net');
  const net = unitFreeNetOf(config);
  const all = (value: number) => new Float32Array(net.features).fill(value);
  const weights = new Map([
    ...net.initialise(1),
    ...([
      ['inputs.low', all(-1e6)],
      ['inputs.high', all(1e6)],
    ] as const),
    ...([
      ['inputs.mean', all(0)],
      ['inputs.deviation', all(1)],
    ] as const),
  ]);
  return new UnitFreeRoller({ backend, net, weights, known, host: kernelHost(backend.core) });
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

const perSecond = (ms: number): string => Math.round((1000 * BINS) / ms).toLocaleString('en');
const noteOf = (times: number[]): string =>
  `plain SIMD; ${perSecond(median(times))} bins/s, fastest ${perSecond(Math.min(...times))}`;

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
    const weights = net.initialise(1, rates);
    const roller = new NetRoller({ core: backend.core, net, weights, doubleSigmoid: false });
    const times = await rollOut(roller, { full: context, bins: BINS, samples: SAMPLES });
    const note = noteOf(times);
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
const known = minute();
for (const level of ['statistics', 'pairs']) {
  const backend = await createWasmBackend({ threads: 1, deterministic: true });
  const times = await rollOut(unitFree(backend, level, known), { full: 0, bins: BINS, samples: SAMPLES });
  const row = {
    suite: SUITE,
    shape: `unit-free, ${level}, ${UNITS} units`,
    what: `${BINS} bins`,
    peakRssMiB: null,
  };
  const note = noteOf(times);
  rows.push({
    ...row,
    peer: 'roll-out, 1 thread',
    medianMs: median(times),
    runs: times.length,
    ratio: null,
    note,
  });
  say(`  ${row.shape}: ${note}`);
  backend.dispose();
}
say(`wrote ${writeResults(SUITE, rows, { quick: values.quick })}`);
