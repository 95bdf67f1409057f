// Plan: an export is whole files or none; an error halfway leaves nothing that looks like a result, and is passed on.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Raster } from '@spikebridge/model';
import { afterEach, describe, expect, it } from 'vitest';
import { ScoreExport } from './score-export.ts';

const folder = mkdtempSync(join(tmpdir(), 'spikebridge-export-'));
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const raster: Raster = {
  words: Uint32Array.of(1, 2, 3, 0),
  bins: 4,
  units: 2,
  wordsPerBin: 1,
  binMilliseconds: 1,
  observed: [{ start: 0, stop: 4 }],
};
const pair = { target: 'target', bins: 4, units: 2, spans: raster.observed };

describe('ScoreExport.whole', () => {
  it('keeps what was finished', () => {
    const sink = new ScoreExport(folder, raster, ['a', 'b'], true);
    const answer = ScoreExport.whole(sink, () => {
      sink.begin(pair);
      sink.scores('model', new Float32Array(4), 0);
      sink.scores('model', new Float32Array(4), 2);
      return 7;
    });
    expect(answer).toBe(7);
    expect(readdirSync(folder).sort()).toEqual(['model.npy', 'scores.json', 'targets.npy']);
  });

  it('removes what an error left unfinished, and passes the error on', () => {
    const sink = new ScoreExport(folder, raster, ['a', 'b'], true);
    expect(() =>
      ScoreExport.whole(sink, () => {
        sink.begin(pair);
        sink.scores('model', new Float32Array(4), 0);
        throw new Error('stop');
      }),
    ).toThrow('stop');
    expect(readdirSync(folder).sort()).toEqual(['scores.json', 'targets.npy']);
    expect(() =>
      ScoreExport.whole(undefined, () => {
        throw new Error('no sink');
      }),
    ).toThrow('no sink');
  });
});
