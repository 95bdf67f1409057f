// Plan: a manifest says what it says, faults name their key; the table of cells has each crossing once, with names that change with all
// that a cell is made from and with nothing else; groups and comparisons by hand.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SpikebridgeError } from '../errors.ts';
import { METRIC_KEYS } from '../evaluation/uncertainty/bootstrap.ts';
import { matrixReport } from '../report/matrix-report.ts';
import { matrixTable } from '../report/matrix-table.ts';
import { parseManifest } from './manifest.ts';
import type { Manifest } from './manifest.ts';
import { matrixCsv } from './matrix-csv.ts';
import { matrixDocumentSchema } from './matrix-document.ts';
import type { MatrixCellScores } from './matrix-document.ts';
import { configOfRun, floorsOfPair, levelOfManifest, planMatrix } from './plan.ts';
import type { Fingerprints } from './plan.ts';
import { matrixDocument } from './summary.ts';

const RECORDINGS = `recordings:
  - { name: dish, domain: in-vitro, path: dish.nwb, test: later.nwb }
  - { name: slice, domain: in-vitro, path: slice.nwb }
  - { name: probe, domain: in-vivo, path: probe/, units: { quality: [good] } }
`;
const manifestOf = (rest = ''): Manifest => parseManifest(RECORDINGS + rest, 'm.yaml');
const PRINTS = new Map<string, Fingerprints>([
  ['dish', { path: 'd1', test: 'd2' }],
  ['slice', { path: 's1', test: null }],
  ['probe', { path: 'p1', test: null }],
]);

function faultOf(act: () => unknown): SpikebridgeError {
  try {
    act();
  } catch (error) {
    if (error instanceof SpikebridgeError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('parseManifest', () => {
  it('fills in what evaluate would take', () => {
    const { losses, seeds, preset, set, evaluation } = manifestOf();
    expect({ losses, seeds, preset, set }).toEqual({ losses: ['bce'], seeds: [1], preset: 'small', set: {} });
    expect(evaluation).toEqual({ pairing: 'rank', floors: 'all', replicates: 1000, seed: 1 });
    expect(levelOfManifest(evaluation)).toBe('rates');
    expect(levelOfManifest({ ...evaluation, pairing: 'index' })).toBe('none');
  });

  it.each([
    ['losses: [bce, bse]', 'losses.1 is "bse"'],
    ['seeds: [1, 2, 1]', '1 stands there twice'],
    ['evaluation: { level: everything }', 'evaluation.level is "everything"'],
    ['evaluation: { floors: [coupled, couple] }', 'expected all, none, a list of own-rate'],
    ['evaluation: { replicate: 5 }', 'no key of a manifest is called evaluation.replicate'],
    ['seeds: [', 'not readable as YAML'],
  ])('refuses %s', (rest, said) => {
    const fault = faultOf(() => manifestOf(`${rest}\n`));
    expect(fault).toMatchObject({ code: 'E_MATRIX_MANIFEST', exitCode: 2 });
    expect(`${fault.where ?? ''} ${fault.message}`).toContain(said);
    expect(fault.where).toContain('m.yaml');
  });

  it('refuses names that are no part of a file name, and two of one name', () => {
    const of = (name: string) =>
      `recordings: [{ name: ${name}, domain: in-vivo, path: a }, { name: b, domain: in-vivo, path: c }]`;
    expect(faultOf(() => parseManifest(of('a.b'), 'm')).message).toContain('recordings.0.name is "a.b"');
    expect(faultOf(() => parseManifest(of('b'), 'm')).message).toContain('b stands there twice');
  });

  it.each(['twelve-sets', 'test-data'])(
    'reads the manifest %s of the project, and every run of it has a configuration',
    (name) => {
      const file = new URL(`../../../../manifests/${name}.yaml`, import.meta.url);
      const manifest = parseManifest(readFileSync(file, 'utf8'), name);
      expect(manifest.recordings.filter(({ domain }) => domain === 'in-vitro')).toHaveLength(
        manifest.recordings.length / 2,
      );
      for (const recording of manifest.recordings)
        for (const loss of manifest.losses)
          expect(configOfRun(manifest, recording, { loss, seed: 1 }).config.loss.kind).toBe(loss);
    },
  );
});

describe('configOfRun', () => {
  it("layers preset, set, the recording's own rules, loss and seed", () => {
    const manifest = manifestOf('set: { training.steps: 7, data.selection.quality: [mua] }\n');
    const [dish, slice, probe] = manifest.recordings.map(
      (recording) => configOfRun(manifest, recording, { loss: 'dice', seed: 3 }).config,
    );
    expect(dish.data.split).toEqual([80, 20, 0]);
    expect(slice.data.split).toEqual([60, 20, 20]);
    expect(slice.data.selection.quality).toEqual(['mua']);
    expect(probe.data.selection.quality).toEqual(['good']);
    expect([probe.training.steps, probe.loss.kind, probe.seed]).toEqual([7, 'dice', 3]);
  });

  it.each([
    ['set: { seed: 4 }', 1, 'seed is set'],
    ['preset: unit-free', 1, 'pairing rank does not go with preset unit-free'],
    ['evaluation: { pairing: free }', 1, 'pairing free does not go with preset small'],
    ['set: { data.split: [80, 20, 0] }', 1, 'slice has no test part'],
    ['set: { data.selection.order: random }', 0, 'drawn anew for every seed'],
  ])('refuses %s', (rest, at, said) => {
    const manifest = manifestOf(`${rest}\n`);
    const run = { loss: 'bce', seed: 1 };
    expect(faultOf(() => configOfRun(manifest, manifest.recordings[at], run)).message).toContain(said);
  });
});

describe('planMatrix', () => {
  const plan = (rest: string, prints: ReadonlyMap<string, Fingerprints> = PRINTS, version = 1) =>
    planMatrix(manifestOf(rest), prints, version);
  const idsOf = (...args: Parameters<typeof plan>) => new Set(plan(...args).cells.map(({ id }) => id));
  const base = 'losses: [bce, dice]\nseeds: [1, 2]\n';

  it('has every crossing once, with floors that no loss and no seed repeats', () => {
    const { cells, jobs } = plan(base);
    const count = (kind: string) => cells.filter((cell) => cell.kind === kind).length;
    expect([count('trained'), count('floors'), count('judged')]).toEqual([3 * 4, 9, 9 * 4]);
    expect(idsOf(base).size).toBe(cells.length);
    expect(jobs).toHaveLength(3 + 12 + 12);
    for (const job of jobs.filter(({ kind }) => kind === 'judged')) {
      expect(job.needs.map(({ kind }) => kind)).toEqual(['trained', 'floors']);
      expect(job.cells.map((cell) => cell.kind === 'judged' && cell.target)).toEqual([
        'dish',
        'slice',
        'probe',
      ]);
    }
  });

  /** Which cells keep their names. */
  const kept = (...args: Parameters<typeof plan>) => {
    const before = idsOf(base);
    return [...idsOf(...args)].filter((id) => before.has(id)).map((id) => id.replace(/-[0-9a-f]{12}$/, ''));
  };

  it('keeps what a new loss, a new seed or a new order leaves as it was', () => {
    expect(kept('losses: [focal, dice, bce]\nseeds: [3, 2, 1]\n')).toHaveLength(idsOf(base).size);
  });

  it('renames exactly what is made from other trains', () => {
    const other = new Map([...PRINTS, ['slice', { path: 's9', test: null }]]);
    const same = kept(base, other);
    expect(same.filter((id) => id.startsWith('trained/')).every((id) => !id.includes('slice'))).toBe(true);
    expect(same.filter((id) => id.startsWith('trained/'))).toHaveLength(8);
    expect(same.filter((id) => id.startsWith('floors/')).sort()).toEqual(
      ['dish.dish', 'dish.probe', 'probe.dish', 'probe.probe'].map((id) => `floors/${id}`),
    );
    expect(same.filter((id) => id.startsWith('judged/')).every((id) => !id.includes('slice'))).toBe(true);
    // A later recording is judged on, not trained on.
    const later = new Map([...PRINTS, ['dish', { path: 'd1', test: 'd9' }]]);
    expect(kept(base, later).filter((id) => id.startsWith('trained/'))).toHaveLength(12);
    expect(kept(base, later)).not.toContain('judged/slice.bce.1.dish');
  });

  it('renames runs with their configuration, and judgements with how they are judged', () => {
    const longer = kept(`${base}set: { training.steps: 9 }\n`);
    expect(longer.filter((id) => !id.startsWith('floors/'))).toEqual([]);
    expect(longer).toHaveLength(9);
    const judged = kept(`${base}evaluation: { replicates: 200 }\n`);
    expect(judged).toHaveLength(12);
    expect(judged.every((id) => id.startsWith('trained/'))).toBe(true);
    const across = kept(`${base}evaluation: { floors: { within: all, across: none } }\n`);
    expect(across.filter((id) => id.startsWith('floors/'))).toEqual(
      ['dish.dish', 'slice.slice', 'probe.probe'].map((id) => `floors/${id}`),
    );
    expect(kept(base, PRINTS, 2).every((id) => id.startsWith('trained/'))).toBe(true);
  });

  it('says which floors a pair is judged beside', () => {
    const { evaluation } = manifestOf('evaluation: { floors: { within: [coupled], across: none } }\n');
    expect(floorsOfPair(evaluation, true)).toEqual(['coupled']);
    expect(floorsOfPair(evaluation, false)).toEqual(['own-rate']);
  });
});

describe('matrixDocument', () => {
  const estimate = (value: number) => ({ value, low: value - 0.1, high: value + 0.1, n: 20 });
  /** bits/spike by pair and loss; ROC-AUC is a tenth of it above one half. */
  const cell = (
    source: string,
    target: string,
    loss: string,
    seed: number,
    bits: number,
  ): MatrixCellScores => ({
    ...{ id: `judged/${source}.${loss}.${String(seed)}.${target}-0`, source, target, loss, seed },
    ...{ pairing: 'rank', level: 'rates', targetTrainingSeconds: 60 },
    scored: { bins: 1000, units: 4, spikes: 50, density: 0.0125 },
    model: {
      ...(Object.fromEntries(METRIC_KEYS.map((key) => [key, estimate(0)])) as MatrixCellScores['model']),
      bitsPerSpike: estimate(bits),
      rocAuc: estimate(0.5 + bits / 10),
    },
    floors: { 'plug-in': 0.25 },
    bestFloor: 'plug-in',
    difference: { ...estimate(bits - 0.25), p: 0.01, pHolm: 0.02 },
  });
  const manifest = manifestOf('losses: [bce, focal, dice]\nseeds: [1, 2]\n');
  const cells = [
    ...[1, 2].flatMap((seed) => [
      // Seeds differ by 0.2: their mean counts.
      cell('dish', 'probe', 'bce', seed, 0.1 + 0.2 * seed),
      cell('dish', 'probe', 'dice', seed, -1.1 + 0.2 * seed),
      cell('slice', 'probe', 'bce', seed, 0.5),
      cell('slice', 'probe', 'dice', seed, 0.25),
      cell('probe', 'dish', 'bce', seed, 0.2),
      cell('probe', 'dish', 'dice', seed, 0.3),
      cell('dish', 'dish', 'bce', seed, 0.6),
      cell('dish', 'slice', 'bce', seed, 0.3),
    ]),
    // One seed of focal only: compared with dice on that seed alone.
    cell('dish', 'probe', 'focal', 2, 0.3),
  ];
  const document = matrixDocument({ manifest, fingerprints: PRINTS, cells, missing: ['judged/x'] });

  it('satisfies its schema, and tells text, CSV and HTML', async () => {
    expect(matrixDocumentSchema.parse(JSON.parse(JSON.stringify(document)))).toEqual(document);
    expect(matrixTable(document)).toContain('1 cells are missing');
    expect(matrixCsv(document).trimEnd().split('\n')).toHaveLength(1 + cells.length);
    const html = await matrixReport(document);
    for (const { model } of cells)
      expect(html).toContain(`<data value="${String(model.bitsPerSpike.value)}">`);
    // One field a pair: three of bce in vitro -> in vivo and back, two within.
    expect(html.split('<figure>')).toHaveLength(1 + 3 * 3);
  });

  it('spreads over pairs, not over seeds', () => {
    const group = document.groups.find(
      ({ sourceDomain, targetDomain, loss }) =>
        sourceDomain === 'in-vitro' && targetDomain === 'in-vivo' && loss === 'bce',
    );
    // Pairs 0.4 and 0.5.
    expect(group?.bitsPerSpike.n).toBe(2);
    expect(group?.bitsPerSpike.mean).toBeCloseTo(0.45, 12);
    expect(group?.bitsPerSpike.sd).toBeCloseTo(Math.sqrt(0.005), 12);
    expect(group?.minusPlugIn.mean).toBeCloseTo(0.2, 12);
    expect(group?.minusBestFloor.mean).toBeCloseTo(0.2, 12);
  });

  it('tells a recording from another one of its domain, and each direction from the other', () => {
    expect(
      document.groups
        .filter(({ loss }) => loss === 'bce')
        .map(({ sourceDomain, targetDomain, sameRecording, bitsPerSpike }) => [
          ...[sourceDomain, targetDomain, sameRecording, bitsPerSpike.n],
        ]),
    ).toEqual([
      ['in-vitro', 'in-vitro', true, 1],
      ['in-vitro', 'in-vitro', false, 1],
      ['in-vitro', 'in-vivo', false, 2],
      ['in-vivo', 'in-vitro', false, 1],
    ]);
  });

  it('compares Dice with the others over the pairs and seeds that both have', () => {
    const rowOf = (against: string, cells_: string, metric = 'bitsPerSpike') =>
      document.comparisons.find(
        (row) => row.against === against && row.cells === cells_ && row.metric === metric,
      );
    // dish -> probe: -0.8 - 0.4, slice -> probe: -0.25, probe -> dish: +0.1. Ranks 3, 2, 1: p = 2 * 2/8.
    const all = rowOf('bce', 'all');
    expect(all).toMatchObject({ loss: 'dice', n: 3, different: 3, higher: 1, p: 0.5 });
    expect(all?.meanDifference).toBeCloseTo((-1.2 - 0.25 + 0.1) / 3, 12);
    expect(all?.medianDifference).toBeCloseTo(-0.25, 12);
    expect(rowOf('bce', 'in-vivo -> in-vitro')).toMatchObject({ n: 1, higher: 1, p: 1 });
    expect(rowOf('bce', 'within a domain')).toBeUndefined();
    // Seed 2 alone: -0.7 - 0.3.
    expect(rowOf('focal', 'all')?.meanDifference).toBeCloseTo(-1, 12);
    // Five rows of bits/spike; the smallest p, 0.5, comes times five and no p exceeds 1.
    expect(document.comparisons.filter(({ metric }) => metric === 'bitsPerSpike')).toHaveLength(5);
    expect(all?.pHolm).toBe(1);
    expect(rowOf('bce', 'all', 'rocAuc')?.meanDifference).toBeCloseTo((-1.2 - 0.25 + 0.1) / 30, 12);
  });
});
