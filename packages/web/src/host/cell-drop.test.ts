// Plan: each kind of file goes where its reader is; text goes by its header line; files of one cell stay together, and what is of no cell
// is left out.
import { describe, expect, it } from 'vitest';
import { sortDrop } from './cell-drop.ts';
import type { PickedFile } from './file-location.ts';

const picked = (path: string, text = ''): PickedFile => ({
  path,
  file: new File([text], path.slice(path.lastIndexOf('/') + 1)),
});
const rules = {
  published: { mouse: ['m.csv', 'labels.csv'], human: ['h.csv'] },
  namesFeatures: (columns: readonly string[]) => columns.includes('tau'),
};
const sorted = async (...files: PickedFile[]) =>
  (await sortDrop(files, rules)).map((part) => ({
    kind: part.kind,
    paths: ('files' in part ? part.files : [part.file]).map(({ path }) => path),
    ...('map' in part ? { map: part.map?.path ?? null } : {}),
  }));

describe('a drop of cells', () => {
  it('takes recordings one by one, and arrays together', async () => {
    expect(await sorted(picked('a.nwb'), picked('day/b.nwb'), picked('v.npy'), picked('i.npy'))).toEqual([
      { kind: 'recording', paths: ['v.npy', 'i.npy'] },
      { kind: 'recording', paths: ['a.nwb'] },
      { kind: 'recording', paths: ['b.nwb'] },
    ]);
  });

  it('tells a table from a trace by the header line, whatever parts its columns', async () => {
    expect(
      await sorted(
        picked('table.csv', '"cell";"tau"\na;1\n'),
        picked('trace.csv', 'time_s,voltage_mV,current_pA\n0,1,2\n'),
        picked('tau.csv', 'time_s,voltage_mV,current_pA\n0,tau,2\n'),
      ),
    ).toEqual([
      { kind: 'table', paths: ['table.csv'], map: null },
      { kind: 'recording', paths: ['trace.csv'] },
      { kind: 'recording', paths: ['tau.csv'] },
    ]);
  });

  it('takes any text for a table where a column map lies beside it', async () => {
    expect(await sorted(picked('own.csv', 'id,x\n'), picked('columns.yaml'))).toEqual([
      { kind: 'table', paths: ['own.csv'], map: 'columns.yaml' },
    ]);
  });

  it('keeps the sweeps of a folder together, under the name of the folder they lie in', async () => {
    const trace = 'time_s,voltage_mV,current_pA\n';
    expect(
      await sorted(
        picked('day/cell 1/sweep1.csv', trace),
        picked('day/cell 1/sweep2.csv', trace),
        picked('day/cell 2/sweep1.csv', trace),
        picked('day/LICENSE'),
      ),
    ).toEqual([
      { kind: 'recording', paths: ['cell 1/sweep1.csv', 'cell 1/sweep2.csv'] },
      { kind: 'recording', paths: ['cell 2/sweep1.csv'] },
    ]);
  });

  it('puts a published table together at any depth, in the order of its reader, and only where it is whole', async () => {
    expect(await sorted(picked('t/b/labels.csv', 'x'), picked('t/a/m.csv', 'tau'))).toEqual([
      { kind: 'published', paths: ['t/a/m.csv', 't/b/labels.csv'] },
    ]);
    expect(await sorted(picked('m.csv', 'cell,tau\n'))).toEqual([
      { kind: 'table', paths: ['m.csv'], map: null },
    ]);
  });

  it('finds models and archives, and nothing in what is of no cell', async () => {
    expect(await sorted(picked('own.safetensors'), picked('f.npz'), picked('f.parquet'))).toEqual([
      { kind: 'model', paths: ['own.safetensors'] },
      { kind: 'table', paths: ['f.npz'], map: null },
      { kind: 'table', paths: ['f.parquet'], map: null },
    ]);
    expect(await sorted(picked('README.md'), picked('x.png'))).toEqual([]);
  });
});
