// Looking inside a trained net as every host does it: which bins, which units, and what is kept of it in the run folder.
import { encodeNpy } from '../formats/npyWrite.ts';
import { interpretationDocument, unitGroups } from '../interpretation/document.ts';
import type { InterpretationDocument } from '../interpretation/document.ts';
import { explain, judgedBins } from '../interpretation/explain.ts';
import type { Explanation } from '../interpretation/explain.ts';
import { minimumPast, withPast } from '../recording/split.ts';
import type { Device } from './device.ts';
import type { Listener } from './listener.ts';
import type { PreparedTarget } from './target.ts';
import { transformerOf } from './trained-run.ts';
import type { Source, TrainedRun } from './trained-run.ts';
import { nextTurn } from './turn.ts';

/** Bins that are judged at most, and rows that all their windows have together by default. */
const MOST_WINDOWS = 256;
const ROWS = 2 ** 18;

export interface LookRequest {
  readonly run: TrainedRun;
  readonly source: Source;
  readonly prepared: PreparedTarget;
  readonly device: Device;
  /** Bins to judge; as many as a look takes without waiting long by default. */
  readonly windows?: number | undefined;
  /** Ends it with what was seen so far. */
  readonly signal: AbortSignal;
  readonly listener: Listener;
}

export interface Look {
  readonly document: InterpretationDocument;
  /** False where the signal came before the last window. */
  readonly whole: boolean;
  /** Every array at every lag, float64, as npy by file name. */
  readonly arrays: readonly (readonly [file: string, content: Uint8Array])[];
}

/** @throws E_NET_KIND for a net without columns */
export async function lookInto(request: LookRequest): Promise<Look> {
  const { run, source, prepared, device, signal, listener } = request;
  const { config, hash } = run.resolved;
  const net = transformerOf(run);
  const { target } = prepared;
  const { context } = config.training;
  const spans = withPast(target.test, target.raster.observed, minimumPast(context));
  const most = request.windows ?? Math.max(16, Math.min(MOST_WINDOWS, Math.floor(ROWS / context)));
  const targets = judgedBins(spans, target.raster.observed, context, most);
  // A column counts where both recordings have a unit.
  const columns = prepared.columns.map((unit, column) => (source.selection.slots[column] >= 0 ? unit : null));
  const groups = unitGroups(columns);
  const progress = listener.progress('looking', targets.length, 'windows');
  try {
    const looked = await explain({
      ...{ backend: device.backend, net, weights: run.weights, raster: target.raster, targets, signal },
      scored: Uint8Array.from(columns, (unit) => (unit === null ? 0 : 1)),
      groups: groups.map((group) => group.columns),
      onProgress: async (done) => {
        progress.update(done);
        await nextTurn();
      },
    });
    const document = interpretationDocument(looked, {
      ...{ configHash: hash, step: run.step, source: source.recording.name, target: target.name },
      ...{ pairing: target.pairing, binMilliseconds: config.data.binMs, columns, groups },
    });
    const arrays = arraysOf(looked, groups.length);
    return { document, whole: looked.windows === targets.length, arrays };
  } finally {
    progress.stop();
  }
}

/** Keeps a look in the run folder as `NAME.json` and `NAME/*.npy`. */
export async function keepLook(
  { folder }: TrainedRun,
  name: string,
  { document, arrays }: Look,
): Promise<void> {
  for (const [file, content] of arrays) await folder.store.write(`${name}/${file}`, content);
  const text = `${JSON.stringify(document, null, 2)}\n`;
  await folder.store.write(`${name}.json`, new TextEncoder().encode(text));
}

function arraysOf(seen: Explanation, groups: number): Look['arrays'] {
  const { layers, heads, lags, units } = seen;
  return [
    ...(layers > 0 ? [['attention.npy', encodeNpy(seen.attention, [layers, heads, lags])] as const] : []),
    ['tokens.npy', encodeNpy(seen.tokens, [lags])],
    ['importance.npy', encodeNpy(seen.importance, [lags, units])],
    ['through-attention.npy', encodeNpy(seen.throughAttention, [lags, units])],
    ['product.npy', encodeNpy(seen.product, [lags, units])],
    ...(groups > 0 ? [['groups.npy', encodeNpy(seen.ofGroups, [groups, units])] as const] : []),
  ];
}
