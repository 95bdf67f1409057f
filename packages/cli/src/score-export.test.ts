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
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const pair = { target: 'target', bins: 4, units: 2, spans: raster.observed };

describe('ScoreExport.whole', () => {
  it('keeps what was finished', async () => {
    const sink = new ScoreExport(folder, raster, ['a', 'b'], true);
    const answer = await ScoreExport.whole(sink, async () => {
      sink.begin(pair);
      sink.scores('model', new Float32Array(4), 0);
      await turn();
      sink.scores('model', new Float32Array(4), 2);
      return 7;
    });
    expect(answer).toBe(7);
    expect(readdirSync(folder).sort()).toEqual(['model.npy', 'scores.json', 'targets.npy']);
  });

  it('removes what an error left unfinished, and passes the error on', async () => {
    const sink = new ScoreExport(folder, raster, ['a', 'b'], true);
    const failed = ScoreExport.whole(sink, async () => {
      sink.begin(pair);
      sink.scores('model', new Float32Array(4), 0);
      await turn();
      throw new Error('stop');
    });
    await expect(failed).rejects.toThrow('stop');
    expect(readdirSync(folder).sort()).toEqual(['scores.json', 'targets.npy']);
    await expect(ScoreExport.whole(undefined, () => Promise.reject(new Error('no sink')))).rejects.toThrow(
      'no sink',
    );
  });
});
