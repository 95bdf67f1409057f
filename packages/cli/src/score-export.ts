// `--export`: the scored targets and every predictor's probabilities as .npy (bins, units), so that anybody can judge
// them with other tools. One folder a pair, with what the rows and columns are beside them.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { PredictorKey, Raster, ScoreSink } from '@spikebridge/model';
import { SpikebridgeError } from '@spikebridge/model';
import { unpackBins } from './commands/bin.ts';
import { writeWhole } from './host/files.ts';
import { npyFile } from './host/npy.ts';
import type { NpyFile } from './host/npy.ts';

export class ScoreExport implements ScoreSink {
  readonly #folder: string;
  readonly #raster: Raster;
  readonly #unitIds: readonly (string | null)[];
  readonly #files = new Map<PredictorKey, NpyFile>();
  /** Begun and not finished. */
  readonly #open = new Set<NpyFile>();
  #bins = 0;
  #units = 0;

  /** @throws E_OUTPUT_EXISTS where the folder holds something and `force` is not set */
  constructor(folder: string, raster: Raster, unitIds: readonly (string | null)[], force: boolean) {
    if (!force && existsSync(folder) && readdirSync(folder).length > 0)
      throw new SpikebridgeError('E_OUTPUT_EXISTS', 'the export folder is not empty', {
        where: folder,
        fix: 'name another folder, or add --force to replace its files',
        exitCode: 2,
      });
    this.#folder = folder;
    this.#raster = raster;
    this.#unitIds = unitIds;
  }

  begin(pair: Parameters<ScoreSink['begin']>[0]): void {
    this.#bins = pair.bins;
    this.#units = pair.units;
    const targets = npyFile(join(this.#folder, 'targets.npy'), '|u1', pair.bins, pair.units);
    this.#open.add(targets);
    for (const span of pair.spans) targets.write(unpackBins(this.#raster, span.start, span.stop));
    targets.finish();
    this.#open.delete(targets);
    const description = {
      schema: 'spikebridge.scores/1',
      target: pair.target,
      axes: ['bin', 'unit'],
      shape: [pair.bins, pair.units],
      units: this.#unitIds,
      spans: pair.spans,
      binMilliseconds: this.#raster.binMilliseconds,
      note: 'rows are the scored bins in order; a unit of null is an empty column that no metric counts',
    };
    writeWhole(join(this.#folder, 'scores.json'), `${JSON.stringify(description, null, 2)}\n`);
  }

  scores(key: PredictorKey, rows: Float32Array, firstRow: number): void {
    const file =
      this.#files.get(key) ?? npyFile(join(this.#folder, `${key}.npy`), '<f4', this.#bins, this.#units);
    this.#files.set(key, file);
    this.#open.add(file);
    file.write(rows);
    if (firstRow + rows.length / this.#units < this.#bins) return;
    file.finish();
    this.#files.delete(key);
    this.#open.delete(file);
  }

  /** Removes what is unfinished. */
  abandon(): void {
    for (const file of this.#open) file.abandon();
  }

  /** Runs what fills the folder; an error leaves no half-written file behind. */
  static async whole<T>(sink: ScoreExport | undefined, fill: () => Promise<T>): Promise<T> {
    try {
      return await fill();
    } catch (error) {
      sink?.abandon();
      throw error;
    }
  }
}
