// Plan: the report says what the documents say, figure for figure; calls and features of one cell are one sheet; it is one file that
// fetches and runs nothing, names are text, and the same data give the same bytes.
import { beforeAll, describe, expect, test } from 'vitest';
import { cellReport, MOST_SHEETS } from './cell-report.ts';
import type { CellReportInput } from './cell-report.ts';
import { sheetsOf } from './sheet-section.ts';
import { cellFeatures, evaluation, prediction, transfer } from './testing/documents.ts';

const extracted = (cell: string, file = `${cell}.nwb`) => ({
  ...{ file, cell, species: 'mouse', features: cellFeatures, sweeps: 6 },
  rejected: [{ sweep: 1, code: 'pre-noise', reason: '0.2 mV, at most 0.07' }],
});
const input: CellReportInput = {
  title: 'Cell types: <b>judged</b>',
  evaluations: [{ name: 'judged & "co"', document: evaluation }],
  transfers: [{ name: 'across', document: transfer }],
  predictions: [prediction],
  extracted: [extracted('one'), extracted('two')],
  embedding: {
    cells: [
      { x: 0, y: 0, group: 'mouse', cell: 'a', class: 'Sst' },
      { x: 1, y: 2, group: 'human', cell: 'b', class: 'Vip' },
    ],
    ...{ groups: ['mouse', 'human'], classes: ['Sst', 'Vip'], features: 25, neighbours: 15, seed: 7 },
  },
};

let html = '';
beforeAll(async () => {
  html = await cellReport(input);
});

/** The table with a caption, as rows of cells. */
function tableOf(caption: string): string[][] {
  const found = html.split('<table>').find((part) => part.startsWith(`<caption>${caption}`)) ?? '';
  return found
    .split('</table>')[0]
    .split('<tr')
    .slice(1)
    .map((row) => [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/g)].map((cell) => cell[1]));
}
const exact = (cell: string): number[] =>
  [...cell.matchAll(/<data value="([^"]*)">/g)].map((found) => Number(found[1]));
const shown = (cell: string): string => cell.replace(/<[^>]*>/g, '');

describe('one file that fetches and runs nothing', () => {
  test('no script, no resource, no address; a policy that forbids them', () => {
    expect(html).not.toMatch(/<script|<link|<iframe|<img|<object|<embed|<base|<form/i);
    expect(html).not.toMatch(/\ssrc=|srcset=|\son\w+=|url\(|@import|javascript:|https?:|\/\/\w/i);
    for (const [, address] of html.matchAll(/href="([^"]*)"/g))
      expect(html).toContain(`id="${address.slice(1)}"`);
    expect(html).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
  });

  test('tags close in order, ids are used once, names are text', () => {
    const open: string[] = [];
    for (const [whole, closing, name] of html.matchAll(/<(\/?)([a-zA-Z][\w-]*)\b[^>]*?>/g)) {
      if (name === 'meta' || whole.endsWith('/>')) continue;
      if (closing === '') open.push(name);
      else expect(open.pop(), whole).toBe(name);
    }
    expect(open).toEqual([]);
    const ids = [...html.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(html).toContain('<h1>Cell types: &lt;b&gt;judged&lt;/b&gt;</h1>');
    for (const marked of ['<b>', '<off>', '<yet>', 'in <2>']) expect(html).not.toContain(marked);
  });

  test('the same data give the same bytes; an absolute path is refused', async () => {
    expect(await cellReport(structuredClone(input))).toBe(html);
    const leaking = { ...input, extracted: [extracted('one', '/home/somebody/one.nwb')] };
    await expect(cellReport(leaking)).rejects.toMatchObject({ code: 'E_RUN_PRIVATE' });
  });
});

describe('what it says of an evaluation', () => {
  test('models and floors with intervals, the best marked, and what lies between', () => {
    const { net } = evaluation.models;
    const [, ...rows] = tableOf('Models and floors');
    expect(rows.map(([name]) => name)).toEqual(['forest', 'net', 'floor: majority-class']);
    const { macroF1, accuracy, ece } = net;
    expect(rows[1].slice(1, 4).map(exact)).toEqual(
      [macroF1, accuracy, ece].map(({ value, low, high }) => [value, low, high]),
    );
    expect(rows[1].slice(4).map(exact)).toEqual([[ece.calibrated90], [net.spreadOverRepeats]]);
    expect(html).toContain('<tr class="marked"><th scope="row">net</th>');
    const [, difference] = tableOf('Differences');
    expect(difference[0]).toBe('net - forest');
    expect(exact(difference[1])).toEqual([0.0888889, 0.0123, 0.165]);
  });

  test('classes, confusion, reliability, coverage and cells apart as tables', () => {
    expect(exact(tableOf('F1 of each class')[1].join(''))).toEqual(
      Object.values(evaluation.models['forest'].perClass).flatMap(({ value, low, high }) => [
        value,
        low,
        high,
      ]),
    );
    expect(
      tableOf('net: cells of each class')
        .slice(1)
        .map((row) => exact(row.join(''))),
    ).toEqual(evaluation.models['net'].confusion);
    expect(tableOf('net: reliability')).toHaveLength(1 + 9);
    expect(tableOf('Accuracy of the surest')[0].slice(1, 3)).toEqual(['50 % called', '60 % called']);
    const apart = tableOf('Cells apart').slice(1);
    expect(apart.map(([name, n]) => [name, n])).toEqual([
      ['net, acute', '18'],
      ['net, cultured', '22'],
    ]);
    expect(exact(apart[1][2])[0]).toBe(0.72);
  });

  test('how it was done, what was found in the table, and attention where there is some', () => {
    const said = shown(html.replace(/<\/dt>/g, ': '));
    for (const fact of [
      'cells: 40 of 12 donors, 7 features',
      'folds: 5 of whole donors, 2 repeats',
      'intervals: 200 resamples of donors',
      `configuration: ${evaluation.configHash}`,
      'in &lt;2&gt; cells',
    ])
      expect(said).toContain(fact);
    expect(html.match(/<figcaption>net: share of attention/g)).toHaveLength(1);
    expect(html).not.toContain('<figcaption>forest: share of attention');
  });
});

test('what another species adds: every method at every share, and its gain', () => {
  const rows = tableOf('Methods by share').slice(1);
  expect(rows.map(([name]) => name)).toEqual([
    '5 %, human-only',
    '5 %, joint',
    '100 %, human-only',
    '100 %, joint',
  ]);
  expect(exact(rows[1].join(''))).toEqual([4.2, 26.5, 0.52, 0.47, 0.57, 0.6, 0.55, 0.65, 0.12, 0.05, 0.19]);
  expect(shown(rows[0][5])).toBe('-');
  const apart = tableOf('The same calls').slice(1);
  expect(apart.map(([name]) => shown(name))).toEqual([
    '100 %, joint, &lt;acute&gt;',
    '100 %, joint, cultured',
  ]);
  expect(exact(apart[0].slice(2).join(''))).toEqual([0.74, 0.66, 0.8, 0.6, 0.55, 0.65, 0.02, -0.04, 0.08]);
});

describe('what it says of cells', () => {
  test('one sheet for the call and the features of the same cell of the same file', () => {
    const sheets = sheetsOf(
      [prediction],
      [extracted('one'), extracted('one', 'other.nwb'), extracted('two')],
    );
    expect(sheets.map(({ called, extracted: found }) => [called?.cell.cell, found?.file])).toEqual([
      ['one', 'one.nwb'],
      ['far <off>', undefined],
      [undefined, 'other.nwb'],
      [undefined, 'two.nwb'],
    ]);
    const [, one, far, two] = tableOf('Cells</caption>').map((row) => row.map(shown));
    expect(one).toEqual(['one', 'one.nwb', 'Sst', 'Sst', '0.910', '', '4 of 6', '5']);
    expect(far.slice(2)).toEqual(['none', 'Pvalb', '0.550', 'unlike, unsure', '-', '-']);
    expect(two.slice(2)).toEqual(['-', '-', '-', '-', '4 of 6', '5']);
  });

  test('why there is no call, what the call rests on, and what lies beyond training', () => {
    const sheet = html.split('id="cell-2"')[1].split('id="cell-3"')[0];
    for (const { reason } of prediction.cells[1].abstained) expect(sheet).toContain(`<li>${reason}</li>`);
    expect(shown(sheet.replace(/<\/dt>/g, ': '))).toContain(
      'distance to the nearest class: 9.5, at most 2.2',
    );
    const rests = tableOf('What the call of one rests on');
    expect(rests[0].slice(3)).toEqual(['10 % of Sst', '50 %', '90 %', 'weight']);
    expect(exact(rests[1].join(''))).toEqual([20, 15, 22, 35, 1.5]);
    expect(shown(rests[3][2])).toBe('-');
    expect(exact(tableOf('Features of far &lt;off&gt; beyond')[1].join(''))).toEqual([2354, 31, 812]);
    expect(html).toContain('<li>Not validated on raw recordings.</li>');
  });

  test('what was left out, with its reason', () => {
    const sheet = html.split('id="cell-1"')[1].split('id="cell-2"')[0];
    for (const line of [
      'sweep 1: pre-noise: 0.2 mV',
      'sweep 9: vm-drift',
      'no-long-square: no rheobase &lt;yet&gt;',
    ])
      expect(sheet).toContain(line);
  });

  test('many cells are listed, and the first of them have a sheet', async () => {
    const many = Array.from({ length: MOST_SHEETS + 2 }, (_, i) => ({
      ...prediction.cells[1],
      cell: `c${i}`,
    }));
    const long = await cellReport({ ...input, predictions: [{ ...prediction, cells: many }], extracted: [] });
    expect(long.match(/ id="cell-/g)).toHaveLength(MOST_SHEETS);
    expect(long).toContain(`<th scope="row">c${MOST_SHEETS + 1}</th>`);
    expect(long).toContain(`The first ${MOST_SHEETS} of ${MOST_SHEETS + 2} cells have a sheet`);
  });
});

test('both species on a plane; parts that are not there are not told', async () => {
  expect(html).toContain('UMAP of 25 features');
  expect(html.match(/<figcaption>(mouse|human): 1 cells by 25 features/g)).toHaveLength(2);
  const bare = await cellReport({
    ...input,
    evaluations: [],
    transfers: [],
    embedding: null,
    predictions: [],
    extracted: [],
  });
  expect(bare).not.toMatch(/<h2|<svg/);
});
