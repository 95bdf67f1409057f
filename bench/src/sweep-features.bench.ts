// The sweep-features suite: every family and scalar of one cell, the time of it a sweep, at 50 and 200 kHz on one thread.
// Usage: node dist/sweep-features.bench.js [--quick]; writes results/sweep-features.json.
import { parseArgs } from 'node:util';
import { extractCell, FAMILIES, familyMask } from '@spikebridge/model';
import { median } from './figures.ts';
import type { BenchRow } from './figures.ts';
import { writeResults } from './results.ts';

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
const SUITE = 'sweep-features';
const RUNS = values.quick ? 2 : 7;
/** Milliseconds a sweep may take two cores. */
const TARGET = 50;
const say = (line: string): void => void process.stderr.write(`${line}\n`);

type Sweep = Parameters<typeof extractCell>[0][number];
type Shape = Sweep['stimulus']['shape'];

let state = 12345;
const draw = (): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;

/** A cell that charges with 20 ms and, above 120 pA, fires at (pA - 110) / 2 Hz; with noise of some 0.05 mV. */
function sweep(number: number, shape: Shape, amplitude: number, samplingRate: number): Sweep {
  const start = 0.5;
  const seconds = shape === 'short-square' ? 0.003 : 1;
  const duration = shape === 'ramp' ? 3 : shape === 'short-square' ? 1 : 2;
  const n = duration * samplingRate;
  const voltage = new Float64Array(n);
  const current = new Float64Array(n);
  const period = shape === 'short-square' ? 1 : 2 / (amplitude - 110);
  for (let i = 0; i < n; i++) {
    const t = i / samplingRate - start;
    const on = t >= 0 && t < seconds;
    if (on) current[i] = shape === 'ramp' ? amplitude * t : amplitude;
    let v = -70;
    if (t > 0)
      v +=
        0.2 *
        Math.min(amplitude, 110) *
        (1 - Math.exp(-Math.min(t, seconds) / 0.02)) *
        Math.exp(-Math.max(0, t - seconds) / 0.02);
    const since = (t - 0.002) % period;
    if (on && amplitude > 120 && t > 0.002 && since < 0.0026)
      v +=
        since < 0.001
          ? 37.5 * (1 - Math.cos(Math.PI * since * 1000))
          : 75 - 45 * (1 - Math.cos((Math.PI * (since - 0.001)) / 0.0016));
    voltage[i] = v + 0.15 * (draw() - 0.5);
  }
  return {
    sweep: { number, samplingRate, voltage, current },
    stimulus: { shape, amplitude, start, stop: start + seconds },
  };
}

function cell(samplingRate: number): Sweep[] {
  const steps = [...Array(14).keys()].map((k) => -90 + 20 * (k < 5 ? k : k + 6));
  return [
    ...[...steps, ...steps].map((amplitude, k) => sweep(k, 'long-square', amplitude, samplingRate)),
    ...[...Array(8).keys()].map((k) => sweep(28 + k, 'short-square', 1000, samplingRate)),
    ...[...Array(4).keys()].map((k) => sweep(36 + k, 'ramp', 200, samplingRate)),
  ];
}

const rows: BenchRow[] = [];
for (const samplingRate of [50_000, 200_000]) {
  const sweeps = cell(samplingRate);
  const wall: number[] = [];
  const processor: number[] = [];
  for (let run = -1; run < RUNS; run++) {
    const before = process.cpuUsage();
    const begin = performance.now();
    const features = extractCell(sweeps);
    const ms = (performance.now() - begin) / sweeps.length;
    const { user, system } = process.cpuUsage(before);
    // A cell of which something is missing would be quick.
    const mask = familyMask(features);
    if (mask.some((there) => there === 0))
      throw new Error(
        `missing: ${FAMILIES.filter((_, k) => mask[k] === 0)
          .map(({ name }) => name)
          .join(', ')}`,
      );
    if (run < 0) continue;
    wall.push(ms);
    processor.push((user + system) / 1000 / sweeps.length);
  }
  const what = `one cell, ${samplingRate / 1000} kHz`;
  const peakRssMiB = Math.round(process.resourceUsage().maxRSS / 1024);
  const note = `a sweep; processor time ${median(processor).toFixed(1)} ms, target ${2 * TARGET} ms on two cores`;
  say(`  ${what}: ${median(wall).toFixed(2)} ms ${note}`);
  rows.push({
    suite: SUITE,
    what,
    peer: 'spikebridge',
    shape: `${sweeps.length} sweeps of 1 to 3 s`,
    medianMs: median(wall),
    runs: RUNS,
    peakRssMiB,
    ratio: null,
    note,
  });
}
say(`wrote ${writeResults(SUITE, rows, { quick: values.quick })}`);
