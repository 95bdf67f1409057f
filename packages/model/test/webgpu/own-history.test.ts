// Plan: windows longer than a workgroup's chunk of 256 bins, forward and backward: ages and traces that cross silent chunks, chunks
// that share a partial sum, more lags than a word holds, more constants than workgroup memory; a window of 15,625 bins at the decays of
// the presets, where a scan bin by bin in float32 would be off by 1e-4; no row read past the last bin; the same bits again.
import { describe, expect, it } from 'vitest';
import { runCase } from '../../src/engine/conformance/index.ts';
import { problemOf } from '../../src/engine/conformance/problems.ts';
import { UNIT, worstElement } from '../../src/engine/conformance/tolerance.ts';
import type { OwnHistoryCase } from '../../src/engine/conformance/types.ts';
import { CounterRandom } from '../../src/engine/random.ts';
import { ReferenceBackend } from '../../src/engine/reference/backend.ts';
import type { WebGpuBackend } from '../../src/engine/webgpu/index.ts';
import { onDawn } from './dawn.ts';
import { HISTORY_FEATURES } from './history-features.ts';

const reference = new ReferenceBackend();
const OPS = ['ownHistory', 'ownHistoryBackward'] as const;

/** More constants than workgroup memory has room for. */
const MANY_EDGES = Array.from({ length: 1028 }, (_, k) => k + 1);

function cases(op: (typeof OPS)[number]): OwnHistoryCase[] {
  const shape = (batch: number, bins: number, units: number) => ({
    ...{ op, batch, bins, units, ...HISTORY_FEATURES, spikes: 'drawn' as const, seed: 1 },
    // As in the conformance suite.
    terms: bins * bins + 10 + (op === 'ownHistory' ? 0 : batch * bins),
  });
  return [
    shape(2, 257, 33),
    shape(3, 700, 35),
    { ...shape(1, 700, 3), spikes: 'silent' },
    shape(130, 600, 2),
    { ...shape(2, 300, 35), lags: 40, decays: [], logScale: [], scales: [], ageEdges: [] },
    ...(op === 'ownHistory'
      ? [
          {
            ...shape(1, 100, 3),
            ...{ lags: 0, decays: [], logScale: [], scales: [], ageEdges: MANY_EDGES },
          },
        ]
      : []),
  ];
}

function nameOf({ op, batch, bins, units, lags, decays, ageEdges, spikes }: OwnHistoryCase): string {
  return `${op} (${batch}, ${bins}, ${units}), ${lags} lags, ${decays.length} traces, ${ageEdges.length} edges, ${spikes}`;
}

describe('own history over many chunks', () => {
  let backend: WebGpuBackend;
  onDawn((opened) => (backend = opened));

  it.each(OPS.flatMap(cases).map((one) => [nameOf(one), one] as const))('%s', async (_, one) => {
    const { pass, error, at, worst, tolerance } = await runCase(one, backend, reference);
    expect(pass, `${error ?? JSON.stringify(at)} worst ${worst} of ${tolerance}`).toBe(true);
  });

  // A trace is a sum of positive terms, so that what each passes through bounds its relative error: 31 bins at a rounded decay
  // (1.5 units each), 7 runs and 61 chunks (1.5 each) and a power from the table: 150 units. 32 + 4 sqrt(n) pay for the rest, as in the
  // suite, n the features that are not 0 at once (24 at most), and 2 x 15,625 rows backward.
  it.each([
    ['ownHistory', (150 + 32 + 4 * Math.sqrt(24)) * UNIT],
    ['ownHistoryBackward', (150 + 32 + 4 * Math.sqrt(2 * 15_625)) * UNIT],
  ] as const)('%s keeps its precision over 15,625 bins of sparse spikes', async (op, tolerance) => {
    const one: OwnHistoryCase = {
      ...{ op, batch: 2, bins: 15_625, units: 3, spikes: 'silent', terms: 1, ...HISTORY_FEATURES, seed: 2 },
    };
    const { plan, inputs, compared } = problemOf(one);
    const wanted = reference.compile(plan, reference.parameters([]));
    const parameters = backend.parameters([]);
    const tested = backend.compile(plan, parameters);
    const random = new CounterRandom(3, 3);
    for (const [tensor, values] of inputs) {
      // Unit 0 at 20 Hz, unit 1 at 1 Hz, unit 2 hardly ever: its ages cross chunks.
      if (tensor.name === 'words')
        values.forEach((__, t) => {
          values[t] = [0.02, 0.001, 0.0003].reduce(
            (word, rate, u) => word | (random.uniform(t, u) < rate ? 1 << u : 0),
            0,
          );
        });
      wanted.input(tensor).set(values);
      tested.input(tensor).set(values);
    }
    wanted.run('forward', { seed: 0, step: 0 });
    tested.run('forward', { seed: 0, step: 0 });
    for (const tensor of compared) {
      const { error, index } = worstElement(await tested.output(tensor), wanted.values(tensor));
      expect(error, `${tensor.name}[${index}]`).toBeLessThanOrEqual(tolerance);
    }
    tested.dispose();
    parameters.dispose();
  });

  it.each(OPS)('%s gives the same bits again', async (op) => {
    const { plan, inputs, compared } = problemOf(cases(op)[1]);
    const parameters = backend.parameters([]);
    const compiled = backend.compile(plan, parameters);
    const runs: Float32Array[][] = [];
    for (let run = 0; run < 3; run++) {
      for (const [tensor, values] of inputs) compiled.input(tensor).set(values);
      compiled.run('forward', { seed: 0, step: 0 });
      runs.push(await Promise.all(compared.map((tensor) => compiled.output(tensor))));
    }
    expect(runs[1]).toEqual(runs[0]);
    expect(runs[2]).toEqual(runs[0]);
    compiled.dispose();
    parameters.dispose();
  });
});
