// What the page asks of the worker that keeps cells: take them in, call them, show one, place all on a plane, give the calls away. One
// long job at a time. Cells live as long as the page does.
import type {
  CellEmbedding,
  CellJudgement,
  CellModel,
  Species,
  SweepOptions,
  SweepSet,
} from '@spikebridge/model';
import {
  callCell,
  callsCsv,
  cellPredictionSchema,
  cellReport,
  decodeCellModel,
  embedCells,
  embeddingCharts,
  extractSweeps,
  judgeCell,
  namesFeatures,
  openSweeps,
  predictionDocument,
  PUBLISHED_FILES,
  readStimulated,
  SpikebridgeError,
  sweepCharts,
  valuesOfCell,
} from '@spikebridge/model';
import { sortDrop } from '../host/cell-drop.ts';
import type { CellPart } from '../host/cell-drop.ts';
import { answer, describe } from '../host/fault.ts';
import type { Answer, Fault } from '../host/fault-words.ts';
import { fileLocation } from '../host/file-location.ts';
import type { PickedFile } from '../host/file-location.ts';
import { breathing } from './breathing.ts';
import type { Breathe } from './breathing.ts';
import { cellSheet } from './cell-sheet.ts';
import type { CellSheet } from './cell-sheet.ts';
import { CellShelf, gone, isOf, nameOfPart, ofOther } from './cell-shelf.ts';
import { onModel, readTable, rowsOnModel } from './cell-tables.ts';
import type {
  CellRow,
  CellsState,
  RowJudgement,
  SweepQuestion,
  TakenCells,
  WatchCells,
} from './cell-answers.ts';
import { drawn } from './drawn-chart.ts';
import { OneJob } from './one-job.ts';
import type { DrawnChart } from './drawn-chart.ts';

/** What a file may leave unsaid. */
const ASKED = new Set(['E_SWEEP_ELECTRODE', 'E_SWEEP_RATE', 'E_SWEEP_UNITS', 'E_SWEEP_OPTIONS']);
/** The one model that comes with the program. */
const SHIPPED: Readonly<Partial<Record<Species, URL>>> = {
  mouse: new URL('../../../cli/models/mouse.safetensors', import.meta.url),
};

export class CellsDesk {
  readonly #own = new Map<string, CellModel>();
  #model: CellModel | null = null;
  #species: Species = 'mouse';
  #minAccuracy = 0.95;
  readonly #shelf = new CellShelf();
  #judged = new Map<string, CellJudgement>();
  /** `recorded`: keys of the recordings that were placed, in their order. */
  #plane: {
    readonly table: string;
    readonly embedding: CellEmbedding;
    readonly recorded: readonly string[];
  } | null = null;
  /** The recording whose sweeps are looked at; its file stays open. */
  #open: { readonly key: string; readonly set: SweepSet } | null = null;
  #count = 0;
  readonly #jobs = new OneJob('the page is at work on cells already');

  /** Ends the job at hand at its next turn; what it has done stays. */
  stop(): void {
    this.#jobs.stop();
  }

  /** Chooses the model and how sure a call must be, and calls every cell anew. */
  choose(species: Species, minAccuracy: number, watch: WatchCells): Promise<Answer<TakenCells>> {
    return this.#work(watch, async (breathe) => {
      this.#minAccuracy = minAccuracy;
      const faults = await this.#become(species);
      this.#model = await this.#modelOf(species);
      this.#judged.clear();
      await this.#callAll(breathe, faults);
      return { state: this.#state(), faults, questions: [] };
    });
  }

  /** Takes in what was dropped. `options` are for files that do not say them. */
  take(files: readonly PickedFile[], options: SweepOptions, watch: WatchCells): Promise<Answer<TakenCells>> {
    return this.#work(watch, async (breathe, signal) => {
      const parts = await sortDrop(files, { published: PUBLISHED_FILES, namesFeatures });
      if (parts.length === 0)
        throw new SpikebridgeError('E_CELLS_NOTHING', 'nothing of a cell was found in what was dropped', {
          where: files
            .slice(0, 3)
            .map(({ path }) => path)
            .join(', '),
          fix: 'drop NWB recordings, traces (csv, npy), tables of features (csv, npz, parquet) or a model (.safetensors)',
        });
      const faults: Fault[] = [];
      const questions: SweepQuestion[] = [];
      // Models first: they say of which species the others are.
      const order = parts.toSorted((a, b) => Number(b.kind === 'model') - Number(a.kind === 'model'));
      for (const [done, part] of order.entries())
        try {
          await breathe(`taking in ${nameOfPart(part)}`, done, order.length, true);
          await this.#takePart(part, options, breathe, faults);
        } catch (error) {
          if (signal.aborted) break;
          const fault = describe(error);
          if (part.kind === 'recording' && ASKED.has(fault.code))
            questions.push({ files: part.files, fault });
          else faults.push(fault);
        }
      this.#model ??= await this.#modelOf(this.#species);
      await this.#callAll(breathe, faults);
      return { state: this.#state(), faults, questions };
    });
  }

  remove(key: string | null): Promise<Answer<CellsState>> {
    return answer(() => {
      const stays = (one: { readonly key: string }): boolean => key !== null && !isOf(key, one.key);
      if (!this.#shelf.tables.every(stays)) this.#plane = null;
      this.#shelf.recorded = this.#shelf.recorded.filter(stays);
      this.#shelf.tables = this.#shelf.tables.filter(stays);
      for (const known of this.#judged.keys())
        if (key === null || isOf(known, key)) this.#judged.delete(known);
      this.#close();
      return this.#state();
    });
  }

  sheet(key: string): Promise<Answer<CellSheet>> {
    return answer(async () => {
      const found = this.#shelf.cell(key);
      const { extracted = null } = found;
      return cellSheet({
        ...{ key, file: found.file, cell: found.cell, donor: found.donor, label: found.label, extracted },
        model: this.#model,
        values: this.#model === null ? null : this.#shelf.valuesOf(this.#model, key),
        minAccuracy: this.#minAccuracy,
      });
    });
  }

  /** Voltage and current of one sweep of a recording. @throws E_CELLS_SWEEP */
  sweep(key: string, number: number): Promise<Answer<DrawnChart[]>> {
    return answer(async () => {
      const recorded = this.#shelf.recorded.find((one) => one.key === key);
      if (recorded === undefined) throw gone(key);
      if (this.#open?.key !== key) {
        this.#close();
        this.#open = { key, set: await openSweeps(fileLocation(recorded.files), recorded.options) };
      }
      const { set } = this.#open;
      const index = set.headers.findIndex((header) => header.number === number);
      if (index < 0)
        throw new SpikebridgeError(
          'E_CELLS_SWEEP',
          `sweep ${number} could not be listed, so it cannot be drawn`,
          {
            where: recorded.file,
            fix: 'the list of sweeps says why',
          },
        );
      const found = recorded.extracted.features.sweeps.find((one) => one.number === number);
      return drawn(sweepCharts(readStimulated(set, index), found?.spikes ?? []));
    });
  }

  /** Puts the cells of the largest table on a plane, and recordings among them. Null after a stop. */
  place(watch: WatchCells): Promise<Answer<CellsState | null>> {
    return this.#work(watch, async (breathe, signal) => {
      const model = this.#chosen();
      const largest = this.#shelf.largest(this.#species);
      if (largest === undefined)
        throw new SpikebridgeError('E_CELLS_EMBED', 'there are no cells to place others among', {
          fix: 'drop a table of features: the published ones, or one of your own',
        });
      const { part, table, key } = largest;
      const group = { name: model.species, table: onModel(model, table) };
      await breathe('building neighbourhoods', 0, 1, true);
      const { recorded } = this.#shelf;
      const cells = recorded.map(({ extracted }) => extracted);
      const placed = {
        name: model.species,
        table: rowsOnModel(
          model,
          cells.map(({ cell }) => cell),
          cells.map(({ features }) => valuesOfCell(model, features)),
        ),
      };
      const embedding = await embedCells([group], {
        ...(cells.length === 0 ? {} : { placed }),
        onEpoch: async (done, all) => {
          await breathe(`placing ${table.cells.length} cells of ${nameOfPart(part)}`, done, all).catch(
            () => undefined,
          );
          return !signal.aborted;
        },
      });
      if (embedding === null) return null;
      this.#plane = { table: key, embedding, recorded: recorded.map((one) => one.key) };
      return this.#state();
    });
  }

  /** The plane with a cell ringed: one of a table is among the others already. */
  plane(key: string | null): Promise<Answer<DrawnChart[]>> {
    return answer(async () => {
      if (this.#plane === null) return [];
      const { embedding, table, recorded } = this.#plane;
      const row = key?.startsWith(`${table}.`) === true ? Number(key.slice(table.length + 1)) : -1;
      const held = new Set(this.#shelf.recorded.map((one) => one.key));
      const rings = [
        ...(row < 0 ? [] : [embedding.cells[row]]),
        ...(embedding.placed ?? []).filter(
          (_, at) => held.has(recorded[at]) && (key === null || recorded[at] === key),
        ),
      ];
      return drawn(embeddingCharts({ ...embedding, placed: rings }));
    });
  }

  /** The document of `celltype predict --json`. */
  json(watch: WatchCells): Promise<Answer<Blob>> {
    return this.#work(watch, async (breathe) => {
      const document = await this.#document(breathe);
      return new Blob([`${JSON.stringify(document, null, 2)}\n`], { type: 'application/json' });
    });
  }

  /** Of the cells that are called so far. */
  csv(): Promise<Answer<string>> {
    return answer(() => {
      const called = [...this.#judged].map(([key, call]) => {
        const { file, cell, donor } = this.#shelf.cell(key);
        return { file, cell, donor: donor ?? undefined, call };
      });
      return callsCsv(this.#chosen(), called);
    });
  }

  /** The document of `celltype report`. */
  report(watch: WatchCells): Promise<Answer<string>> {
    return this.#work(watch, async (breathe) => {
      const prediction = cellPredictionSchema.parse(
        JSON.parse(JSON.stringify(await this.#document(breathe))),
      );
      await breathe('drawing sheets', 0, 1, true);
      const files = [...new Set([...this.#shelf.recorded, ...this.#shelf.tables].map(({ file }) => file))];
      return cellReport({
        title: `Cell types${files.length === 0 ? '' : `: ${files.slice(0, 5).join(', ')}${files.length > 5 ? ' ...' : ''}`}`,
        ...{ evaluations: [], transfers: [], predictions: [prediction] },
        extracted: this.#shelf.recorded.map(({ file, extracted }) => ({ file, ...extracted })),
        embedding: this.#plane?.embedding ?? null,
      });
    });
  }

  async #takePart(part: CellPart, options: SweepOptions, breathe: Breathe, faults: Fault[]): Promise<void> {
    if (part.kind === 'model') {
      const bytes = new Uint8Array(await part.file.file.arrayBuffer());
      const model = decodeCellModel(bytes, part.file.file.name);
      const species = model.species === 'human' ? 'human' : 'mouse';
      this.#own.set(species, model);
      faults.push(...(await this.#become(species)));
      this.#model = model;
      this.#judged.clear();
      this.#plane = null;
      return;
    }
    this.#count += 1;
    if (part.kind !== 'recording') {
      if (part.kind === 'published') await this.#turnTo(part.species, part.files[0].file.name);
      const table = await readTable(part, this.#species);
      this.#shelf.tables = [
        ...this.#shelf.tables,
        { key: `t${this.#count}`, file: nameOfPart(part), part, table },
      ];
      return;
    }
    const location = fileLocation(part.files);
    const set = await openSweeps(location, options);
    try {
      const extracted = await extractSweeps(set, {
        onSweep: (done, all) => breathe(`looking at sweeps of ${location.name}`, done, all),
      });
      const { files } = part;
      this.#shelf.recorded = [
        ...this.#shelf.recorded,
        { key: `r${this.#count}`, file: location.name, files, options, extracted },
      ];
    } finally {
      set.close();
    }
  }

  /** A published table is of one species. @throws E_CELLS_SPECIES where cells of the other are here */
  async #turnTo(species: Species, where: string): Promise<void> {
    if (species === this.#species) return;
    if (this.#shelf.recorded.length + this.#shelf.tables.length > 0)
      throw ofOther(species, this.#species, where);
    await this.#become(species);
    this.#model = await this.#modelOf(species);
  }

  /** Columns mean other things, in other units, in the other species' table: tables are read anew. Faults of those that cannot be. */
  async #become(species: Species): Promise<Fault[]> {
    const faults: Fault[] = [];
    if (species === this.#species) return faults;
    this.#species = species;
    this.#plane = null;
    for (const one of this.#shelf.tables)
      try {
        const table = await readTable(one.part, species);
        this.#shelf.tables = this.#shelf.tables.map((old) => (old === one ? { ...old, table } : old));
      } catch (error) {
        faults.push(describe(error));
      }
    return faults;
  }

  /** @throws E_CELL_MODEL_MISSING where the page's own files are not whole */
  async #modelOf(species: Species): Promise<CellModel | null> {
    const own = this.#own.get(species);
    const shipped = SHIPPED[species];
    if (own !== undefined || shipped === undefined) return own ?? null;
    const response = await fetch(shipped);
    if (!response.ok)
      throw new SpikebridgeError(
        'E_CELL_MODEL_MISSING',
        `the model could not be fetched: ${response.status}`,
        {
          where: shipped.pathname,
          fix: 'the files of the page are not whole: install it again, or drop a model of your own',
        },
      );
    return decodeCellModel(new Uint8Array(await response.arrayBuffer()), `${species}.safetensors`);
  }

  /** Calls what is not called yet. Tables without a feature of the model are told of and stay uncalled. */
  async #callAll(breathe: Breathe, faults: Fault[]): Promise<void> {
    const model = this.#model;
    if (model === null) return;
    const rows = this.#shelf.keys().filter((key) => !this.#judged.has(key));
    const useless = new Set<string>();
    for (const [done, key] of rows.entries()) {
      const [table] = key.split('.');
      if (useless.has(table)) continue;
      try {
        await breathe('calling cells', done, rows.length);
      } catch {
        return;
      }
      try {
        const values = this.#shelf.valuesOf(model, key);
        this.#judged.set(key, judgeCell(model, values, { minAccuracy: this.#minAccuracy }));
      } catch (error) {
        faults.push(describe(error));
        useless.add(table);
      }
    }
  }

  #state(): CellsState {
    const model = this.#model;
    return {
      ...{ species: this.#species, minAccuracy: this.#minAccuracy },
      model:
        model === null
          ? null
          : {
              ...{ species: model.species, classes: model.classes, card: model.card },
              ...{ features: model.features.length, own: this.#own.get(this.#species) === model },
            },
      rows: this.#shelf.keys().map((key): CellRow => {
        const { file, cell, donor, label, extracted } = this.#shelf.cell(key);
        const from = extracted === undefined ? 'table' : 'recording';
        const judged = this.#judged.get(key);
        return { key, file, cell, donor, label, from, judged: judged === undefined ? null : inRow(judged) };
      }),
      tables: this.#shelf.tables.map(({ key, file, table }) => ({ key, file, cells: table.cells.length })),
      notes: [...new Set(this.#shelf.tables.flatMap(({ table }) => table.notes))],
      reference: this.#shelf.largest(this.#species)?.table.cells.length ?? 0,
      onPlane: this.#plane === null ? 0 : this.#plane.embedding.cells.length,
      unplaced: this.#shelf.recorded.filter(({ key }) => this.#plane?.recorded.includes(key) === false)
        .length,
    };
  }

  async #called(breathe: Breathe) {
    const model = this.#chosen();
    const keys = this.#shelf.keys();
    const called = [];
    for (const [done, key] of keys.entries()) {
      await breathe('writing calls', done, keys.length);
      const { file, cell, donor, extracted } = this.#shelf.cell(key);
      const call = callCell(model, this.#shelf.valuesOf(model, key), { minAccuracy: this.#minAccuracy });
      const { features, rejected = [] } = extracted ?? {};
      called.push({
        ...{ file, cell, donor: donor ?? undefined, call, notes: features?.notes ?? [] },
        rejected: [...rejected, ...(features?.rejected ?? []), ...(features?.absent ?? [])],
      });
    }
    return called;
  }

  async #document(breathe: Breathe) {
    return predictionDocument(this.#chosen(), this.#minAccuracy, await this.#called(breathe));
  }

  /** @throws E_CELL_MODEL_MISSING */
  #chosen(): CellModel {
    if (this.#model !== null) return this.#model;
    throw new SpikebridgeError(
      'E_CELL_MODEL_MISSING',
      `no model for ${this.#species} comes with the program`,
      {
        fix: `build one from your copy of the table (spikebridge celltype train --species ${this.#species} --tables FOLDER --out ${this.#species}.safetensors) and drop it here`,
      },
    );
  }

  #close(): void {
    this.#open?.set.close();
    this.#open = null;
  }

  /** @throws E_BUSY */
  #work<T>(
    watch: WatchCells,
    job: (breathe: Breathe, signal: AbortSignal) => Promise<T>,
  ): Promise<Answer<T>> {
    return answer(() => this.#jobs.run((signal) => job(breathing(watch, signal), signal)));
  }
}

const inRow = ({ call, likeliest, probability, present, abstained }: CellJudgement): RowJudgement => ({
  ...{ call, likeliest, probability, present },
  abstained: abstained.map(({ code }) => code),
});
