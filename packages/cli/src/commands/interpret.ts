// `interpret`: looks inside a trained net on the test part: attention by lag, and which spikes of the past a prediction hangs on.
// Arrays and a document go into the run folder, and the report shows them; Ctrl-C keeps the windows looked at so far.
import { setImmediate } from 'node:timers/promises';
import type {
  Explanation,
  InterpretationDocument,
  PairingChoice,
  PreparedTarget,
  Source,
  TrainedRun,
} from '@spikebridge/model';
import {
  encodeNpy,
  explain,
  interpretationDocument,
  interpretationText,
  judgedBins,
  minimumPast,
  SpikebridgeError,
  transformerOf,
  unitGroups,
  withPast,
} from '@spikebridge/model';
import type { EvaluateFlags } from '../evaluation-flags.ts';
import { holdInterrupt, INTERRUPTED } from '../interrupt.ts';
import type { GlobalFlags, ReadingFlags } from '../options.ts';
import { startProgress } from '../progress.ts';
import { writeReport } from '../report.ts';
import { Terminal } from '../terminal.ts';
import { deviceOf, openRun, openSource } from '../trained-run.ts';
import { openTarget } from './evaluate.ts';

export interface InterpretFlags extends ReadingFlags, GlobalFlags {
  readonly run: string;
  readonly data?: string;
  readonly source?: string;
  readonly pairing?: PairingChoice;
  readonly windows?: number;
  readonly threads?: number;
  readonly force?: boolean;
}

/** Bins that are judged at most, and rows that all their windows have together by default. */
const MOST_WINDOWS = 256;
const ROWS = 2 ** 18;

/** Returns the exit code: 0, or 130 after Ctrl-C. */
export async function interpret(flags: InterpretFlags): Promise<number> {
  const terminal = Terminal.of(flags);
  const run = await openRun(flags.run);
  const source = await openSource(run, flags.source, terminal);
  const judged: EvaluateFlags = { ...flags, part: 'test' };
  const prepared = await openTarget(judged, run, source, terminal);
  const name = nameOf(flags, prepared);
  if (flags.force !== true && (await run.folder.store.read(`${name}.json`)) !== null)
    throw new SpikebridgeError('E_OUTPUT_EXISTS', 'the run was looked into already', {
      where: `${flags.run}/${name}.json`,
      fix: 'add --force to look again',
      exitCode: 2,
    });
  const seen = await look({ flags, run, source, prepared, terminal });
  if (seen.looked.windows > 0) {
    for (const [file, content] of arraysOf(seen.looked, seen.groups.length))
      await run.folder.store.write(`${name}/${file}`, content);
    const text = `${JSON.stringify(seen.document, null, 2)}\n`;
    await run.folder.store.write(`${name}.json`, new TextEncoder().encode(text));
    await writeReport(run.path);
  }
  terminal.result(
    `${interpretationText(seen.document)}\n\n${flags.run}/${name}.json, arrays in ${flags.run}/${name}/, charts in ${flags.run}/report.html`,
    seen.document,
  );
  return seen.interrupted ? INTERRUPTED : 0;
}

interface LookCall {
  readonly flags: InterpretFlags;
  readonly run: TrainedRun;
  readonly source: Source;
  readonly prepared: PreparedTarget;
  readonly terminal: Terminal;
}

async function look({ flags, run, source, prepared, terminal }: LookCall): Promise<{
  readonly looked: Explanation;
  readonly groups: ReturnType<typeof unitGroups>;
  readonly document: InterpretationDocument;
  readonly interrupted: boolean;
}> {
  const { config, hash } = run.resolved;
  const net = transformerOf(run);
  const { target } = prepared;
  const { context } = config.training;
  const spans = withPast(target.test, target.raster.observed, minimumPast(context));
  const most = flags.windows ?? Math.max(16, Math.min(MOST_WINDOWS, Math.floor(ROWS / context)));
  const targets = judgedBins(spans, target.raster.observed, context, most);
  // A column counts where both recordings have a unit.
  const columns = prepared.columns.map((unit, column) => (source.selection.slots[column] >= 0 ? unit : null));
  const groups = unitGroups(columns);
  const device = await deviceOf(run, flags.threads);
  terminal.note(`run ${flags.run}: step ${run.step}, ${device.choice.description}`);
  const interrupt = holdInterrupt(() => {
    terminal.note('\nstopping; what was seen so far will be written (Ctrl-C again: leave at once)');
  });
  const progress = startProgress(terminal, 'looking', targets.length, 'windows');
  try {
    const looked = await explain({
      ...{ backend: device.backend, net, weights: run.weights, raster: target.raster, targets },
      scored: Uint8Array.from(columns, (unit) => (unit === null ? 0 : 1)),
      groups: groups.map((group) => group.columns),
      onProgress: async (done) => {
        progress.update(done);
        // A turn for the signal.
        await setImmediate();
      },
      signal: interrupt.signal,
    });
    const document = interpretationDocument(looked, {
      ...{ configHash: hash, step: run.step, source: source.recording.name, target: target.name },
      ...{ pairing: target.pairing, binMilliseconds: config.data.binMs, columns, groups },
    });
    return { looked, groups, document, interrupted: looked.windows < targets.length };
  } finally {
    progress.stop();
    interrupt.release();
    device.dispose();
  }
}

/** Name of the document and of the folder beside it. */
const nameOf = ({ data }: InterpretFlags, { target }: PreparedTarget): string =>
  data === undefined
    ? 'interpretation'
    : `interpretation.${target.name.replace(/[^\w.-]+/g, '-')}.${target.pairing}`;

/** Every array at every lag, float64, by file name. */
function arraysOf(seen: Explanation, groups: number): [string, Uint8Array][] {
  const { layers, heads, lags, units } = seen;
  return [
    ...(layers > 0
      ? [['attention.npy', encodeNpy(seen.attention, [layers, heads, lags])] as [string, Uint8Array]]
      : []),
    ['tokens.npy', encodeNpy(seen.tokens, [lags])],
    ['importance.npy', encodeNpy(seen.importance, [lags, units])],
    ['through-attention.npy', encodeNpy(seen.throughAttention, [lags, units])],
    ['product.npy', encodeNpy(seen.product, [lags, units])],
    ...(groups > 0
      ? [['groups.npy', encodeNpy(seen.ofGroups, [groups, units])] as [string, Uint8Array]]
      : []),
  ];
}
