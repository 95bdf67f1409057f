// `celltype extract`: files and folders of patch-clamp recordings into features, side by side; what is there and unchanged is not computed again.
import { readdirSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative, resolve } from 'node:path';
import type { SweepOptions } from '@spikebridge/model';
import { extractedNpz, extractedParquet, FAMILIES, familyMask, SpikebridgeError } from '@spikebridge/model';
import { CellStore } from '../celltype/cell-store.ts';
import type { CellRecord } from '../celltype/extraction.ts';
import type { ExtractionAnswer, ExtractionRequest } from '../celltype/extraction-worker.ts';
import { writeWhole } from '../host/files.ts';
import { hostCall } from '../host/location.ts';
import { aborted, holdInterrupt, INTERRUPTED } from '../interrupt.ts';
import type { GlobalFlags } from '../options.ts';
import { startProgress } from '../progress.ts';
import { formatTable, Terminal } from '../terminal.ts';
import type { Fault } from '../worker-messages.ts';
import { WorkerPool } from '../worker-pool.ts';

export interface ExtractFlags extends GlobalFlags, SweepFlags {
  readonly out: string;
  readonly jobs?: number;
  readonly force?: boolean;
}

export interface SweepFlags {
  readonly electrode?: string;
  readonly samplingRate?: number;
  readonly voltageUnit?: string;
  readonly currentUnit?: string;
}

export const sweepOptions = ({
  electrode,
  samplingRate,
  voltageUnit,
  currentUnit,
}: SweepFlags): SweepOptions => ({
  ...(electrode === undefined ? {} : { electrode }),
  ...(samplingRate === undefined ? {} : { samplingRate }),
  ...(voltageUnit === undefined && currentUnit === undefined
    ? {}
    : {
        units: {
          ...(voltageUnit === undefined ? {} : { voltage: voltageUnit }),
          ...(currentUnit === undefined ? {} : { current: currentUnit }),
        },
      }),
});

/** Names of recordings that are looked for in folders. Anything else is extracted where it is named itself. */
const RECORDING = /\.nwb$/i;

/** Returns the exit code: 0, 1 where no cell could be extracted, 130 after Ctrl-C. */
export async function extractCells(paths: readonly string[], flags: ExtractFlags): Promise<number> {
  const terminal = Terminal.of(flags);
  const files = recordingsIn(paths);
  const store = new CellStore(flags.out);
  const options = sweepOptions(flags);
  const records = new Map<string, CellRecord>();
  const faults = new Map<string, Fault>();
  let unchanged = 0;
  const requests = files.map((path) => {
    const kept = flags.force === true ? undefined : store.kept(path);
    if (kept !== undefined) records.set(path, kept);
    return { path, options, kept: kept?.fingerprint ?? null };
  });
  const interrupt = holdInterrupt(() => {
    terminal.note('\nstopping; cells that are done are kept (Ctrl-C again: leave at once)');
  });
  const pool = new WorkerPool<ExtractionRequest, ExtractionAnswer>(
    new URL('../celltype/extraction-worker.js', import.meta.url),
    Math.min(files.length, flags.jobs ?? availableParallelism()),
  );
  const progress = startProgress(terminal, 'extracting', files.length, 'cells');
  let done = 0;
  try {
    const stopping = () => interrupt.signal.aborted;
    const answered = async (request: ExtractionRequest) => {
      if (stopping()) return;
      const { path } = request;
      const answer = await pool.run(request);
      if (stopping()) return;
      if (answer.kind === 'extracted') {
        store.keep(path, answer.record);
        records.set(path, answer.record);
      } else if (answer.kind === 'unchanged') unchanged += 1;
      else {
        records.delete(path);
        faults.set(path, answer.fault);
      }
      done += 1;
      progress.update(done);
    };
    await Promise.race([Promise.all(requests.map(answered)), aborted(interrupt.signal)]);
  } finally {
    progress.stop();
    interrupt.release();
    await pool.close();
  }
  const finished = done === files.length;
  const cells = files.flatMap((path) => records.get(path) ?? []);
  if (finished && cells.length > 0) {
    writeWhole(join(flags.out, 'features.npz'), extractedNpz(cells));
    writeWhole(join(flags.out, 'features.parquet'), extractedParquet(cells));
  }
  const document = {
    schema: 'spikebridge.extraction/1',
    status: finished ? 'completed' : 'interrupted',
    ...{ files: files.length, extracted: cells.length, unchanged },
    tables: finished && cells.length > 0 ? ['features.npz', 'features.parquet'] : [],
    cells: cells.map(summaryOf),
    failed: [...faults].map(([path, { code, message }]) => ({ file: nameOf(path), code, message })),
  };
  if (finished) writeWhole(join(flags.out, 'extraction.json'), `${JSON.stringify(document, null, 2)}\n`);
  terminal.result(described(flags.out, document, finished), document);
  return finished ? (cells.length === 0 ? 1 : 0) : INTERRUPTED;
}

/** @throws E_FILE_MISSING, E_EXTRACT_EMPTY where folders hold no recording */
function recordingsIn(paths: readonly string[]): string[] {
  const found = paths.flatMap((path) =>
    hostCall(path, () => statSync(path)).isDirectory()
      ? readdirSync(path, { recursive: true, encoding: 'utf8' })
          .filter((name) => RECORDING.test(name))
          .sort()
          .map((name) => join(path, name))
      : [path],
  );
  if (found.length === 0)
    throw new SpikebridgeError('E_EXTRACT_EMPTY', 'there is no .nwb file below', {
      where: paths.join(', '),
      fix: 'name the files themselves, or another folder',
      exitCode: 2,
    });
  return [...new Map(found.map((path) => [resolve(path), path])).values()];
}

const nameOf = (path: string): string => relative(process.cwd(), path).split(/[\\/]/).at(-1) ?? path;

function summaryOf({ file, cell, donor, species, features, sweeps, rejected }: CellRecord) {
  const mask = familyMask(features);
  return {
    ...{ file, cell, donor: donor ?? null, species: species ?? null, sweeps },
    usedSweeps: features.sweeps.length,
    spikes: features.sweeps.reduce((sum, { spikes }) => sum + spikes.length, 0),
    families: FAMILIES.filter((_, i) => mask[i] === 1).map(({ name }) => name),
    scalars: features.scalars.reduce((sum, value) => sum + (Number.isNaN(value) ? 0 : 1), 0),
    rejected: [...rejected, ...features.rejected, ...features.absent],
    notes: features.notes,
  };
}

function described(
  out: string,
  {
    cells,
    failed,
    unchanged,
    files,
  }: {
    cells: ReturnType<typeof summaryOf>[];
    unchanged: number;
    files: number;
    failed: { file: string; code: string | null; message: string }[];
  },
  finished: boolean,
): string {
  const table = formatTable(
    ['cell', 'sweeps used', 'spikes', `families of ${String(FAMILIES.length)}`, 'scalars'],
    cells.map(({ cell, sweeps, usedSweeps, spikes, families, scalars }) => [
      cell,
      `${String(usedSweeps)} of ${String(sweeps)}`,
      String(spikes),
      String(families.length),
      String(scalars),
    ]),
  );
  const faults = failed.map(({ file, code, message }) => `  ${file}: ${code ?? 'failed'}: ${message}`);
  return [
    `${out}: ${String(cells.length)} of ${String(files)} files are cells with features${unchanged > 0 ? `, ${String(unchanged)} of them unchanged` : ''}`,
    ...(cells.length === 0 ? [] : [table]),
    ...(faults.length === 0 ? [] : ['could not be read:', ...faults]),
    finished ? '' : 'interrupted: the same command goes on where this stopped',
  ]
    .filter((line) => line !== '')
    .join('\n');
}
