// `celltype report`: evaluations, transfers, calls and extracted cells in one HTML file, with the cells of the published tables on a plane.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type {
  CellEmbedding,
  CellPredictionDocument,
  ExtractedSheet,
  NamedEvaluation,
  NamedTransfer,
  Progress,
  Species,
} from '@spikebridge/model';
import {
  cellEvaluationSchema,
  cellPredictionSchema,
  cellReport,
  cellTransferSchema,
  embedCells,
  harmonise,
  SpikebridgeError,
} from '@spikebridge/model';
import { holdsCells, keptCells } from '../celltype/cell-store.ts';
import { openFeatureMap, openTable } from '../celltype/tables.ts';
import { refuseToOverwrite, writeWhole } from '../host/files.ts';
import { hostCall } from '../host/location.ts';
import { holdInterrupt, INTERRUPTED } from '../interrupt.ts';
import type { GlobalFlags } from '../options.ts';
import { startProgress } from '../progress.ts';
import { REPORT_FILE } from '../report.ts';
import { formatBytes, Terminal } from '../terminal.ts';

export interface CellReportFlags extends GlobalFlags {
  readonly out?: string;
  readonly tables?: string;
  readonly seed: number;
  readonly force?: boolean;
}

/** What one path holds. */
interface Found {
  readonly evaluations: NamedEvaluation[];
  readonly transfers: NamedTransfer[];
  readonly predictions: CellPredictionDocument[];
  readonly extracted: ExtractedSheet[];
}

/** The document that `celltype evaluate --out` leaves. */
const EVALUATION = 'evaluation.json';
/** And `celltype transfer --out`. */
const TRANSFER = 'transfer.json';
const NOTHING: Found = { evaluations: [], transfers: [], predictions: [], extracted: [] };
const SPECIES: readonly Species[] = ['mouse', 'human'];

/** Returns the exit code: 0, or 130 after Ctrl-C. */
export async function reportCells(paths: readonly string[], flags: CellReportFlags): Promise<number> {
  const terminal = Terminal.of(flags);
  if (paths.length === 0 && flags.tables === undefined)
    throw usage(
      'there is nothing to report',
      'name a folder of celltype evaluate or extract, or give --tables',
    );
  if (new Set(paths.map((path) => resolve(path))).size < paths.length)
    throw usage('a path is named twice', 'name each once');
  const out = outputOf(paths, flags);
  const found = paths.map((path) => look(path, terminal));
  const evaluations = found.flatMap((one) => one.evaluations);
  const transfers = found.flatMap((one) => one.transfers);
  const predictions = found.flatMap((one) => one.predictions);
  const extracted = found.flatMap((one) => one.extracted);
  const embedding = flags.tables === undefined ? null : await plane(flags.tables, flags.seed, terminal);
  if (embedding === 'interrupted') {
    terminal.result('report interrupted; nothing was written', {
      ...{ schema: 'spikebridge.interruption/1', interrupted: true, kept: null },
    });
    return INTERRUPTED;
  }
  const names = paths.map((path) => basename(resolve(path)));
  const title = `Cell types${names.length === 0 ? '' : `: ${names.join(', ')}`}`;
  const html = await cellReport({ title, evaluations, transfers, predictions, extracted, embedding });
  writeWhole(out, html);
  const called = predictions.reduce((sum, { cells }) => sum + cells.length, 0);
  const bytes = Buffer.byteLength(html);
  terminal.result(
    `${out}: ${[
      count(evaluations.length, 'evaluation'),
      ...(transfers.length === 0 ? [] : [count(transfers.length, 'transfer')]),
      count(called, 'call'),
      count(extracted.length, 'extracted cell'),
      ...(embedding === null ? [] : [`${count(embedding.cells.length, 'cell')} on a plane`]),
    ].join(', ')}, ${formatBytes(bytes)}`,
    {
      ...{ schema: 'spikebridge.celltype-report/1', out, evaluations: evaluations.length },
      ...{ transfers: transfers.length, calls: called },
      ...{ extracted: extracted.length, onPlane: embedding?.cells.length ?? 0, bytes },
    },
  );
  return 0;
}

const usage = (message: string, fix: string): SpikebridgeError =>
  new SpikebridgeError('E_USAGE', message, { fix, exitCode: 2 });

const count = (n: number, one: string): string => `${String(n)} ${one}${n === 1 ? '' : 's'}`;

/** A folder's own report lies in it and is made anew each time; any other file is somebody's. */
function outputOf(paths: readonly string[], { out, force }: CellReportFlags): string {
  const own = out === undefined && paths.length === 1 && isFolder(paths[0]);
  const path = own ? join(paths[0], REPORT_FILE) : (out ?? REPORT_FILE);
  if (!own) refuseToOverwrite(path, force === true);
  return path;
}

const isFolder = (path: string): boolean => hostCall(path, () => statSync(path)).isDirectory();

/** @throws E_CELL_REPORT for what is none of these, or of another version */
function look(path: string, terminal: Terminal): Found {
  if (!isFolder(path)) return documentIn(path);
  const documents = [EVALUATION, TRANSFER].map((name) => join(path, name)).filter((file) => existsSync(file));
  const extracted = holdsCells(path);
  if (documents.length === 0 && !extracted)
    throw unknown(path, 'the folder holds neither an evaluation nor a transfer of cells nor extracted cells');
  const found = documents.map(documentIn).reduce(
    (all, one) => ({
      ...all,
      evaluations: [...all.evaluations, ...one.evaluations],
      transfers: [...all.transfers, ...one.transfers],
    }),
    NOTHING,
  );
  if (!extracted) return found;
  const { cells, others } = keptCells(path);
  if (others > 0)
    terminal.warn(
      `${path}: ${count(others, 'cell')} of another version left out; celltype extract makes them anew`,
    );
  return { ...found, extracted: cells };
}

/** An evaluation is called by its folder, or by its file where that has a name of its own. */
function documentIn(path: string): Found {
  const text = hostCall(path, () => readFileSync(path, 'utf8'));
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw unknown(path, 'the file is no JSON');
  }
  const own = [EVALUATION, TRANSFER].includes(basename(path))
    ? dirname(resolve(path))
    : basename(path, '.json');
  const name = basename(own);
  const evaluation = cellEvaluationSchema.safeParse(value);
  if (evaluation.success) return { ...NOTHING, evaluations: [{ name, document: evaluation.data }] };
  const transfer = cellTransferSchema.safeParse(value);
  if (transfer.success) return { ...NOTHING, transfers: [{ name, document: transfer.data }] };
  const prediction = cellPredictionSchema.safeParse(value);
  if (prediction.success) return { ...NOTHING, predictions: [prediction.data] };
  // The schema that the document says it has tells what is missing.
  const fault = [evaluation, transfer, prediction].find(({ error }) => error.issues[0].path[0] !== 'schema');
  const schema =
    typeof value === 'object' && value !== null && 'schema' in value ? String(value.schema) : 'none';
  if (fault === undefined) throw unknown(path, `a document of schema ${schema} is not reported here`);
  const [issue] = fault.error.issues;
  throw unknown(path, `the document is not whole: ${issue.path.map(String).join('.')}: ${issue.message}`);
}

const unknown = (where: string, message: string): SpikebridgeError =>
  new SpikebridgeError('E_CELL_REPORT', message, {
    where,
    fix: 'give a folder of celltype evaluate --out or celltype extract --out, or what celltype predict --json printed',
    exitCode: 2,
  });

/** Both species on the features that both have. */
async function plane(
  tables: string,
  seed: number,
  terminal: Terminal,
): Promise<CellEmbedding | 'interrupted' | null> {
  const shared = openFeatureMap(tables);
  const groups = SPECIES.map((species) => ({
    name: species,
    table: harmonise(openTable({ species, tables }), shared, species),
  }));
  const interrupt = holdInterrupt(() => undefined);
  let progress: Progress | undefined;
  try {
    const found = await embedCells(groups, {
      seed,
      onEpoch: async (done, all) => {
        progress ??= startProgress(terminal, 'embedding', all, 'epochs');
        progress.update(done);
        // Signals are heard between turns of the host.
        await new Promise((turn) => setImmediate(turn));
        return !interrupt.signal.aborted;
      },
    });
    return found ?? 'interrupted';
  } finally {
    progress?.stop();
    interrupt.release();
  }
}
