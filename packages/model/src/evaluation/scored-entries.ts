// Scored predictors as a file: points, resamples and calibration, so that the floors of a pair are scored once and serve every loss
// and seed. Resamples keep every bit: a difference drawn from the file is the one that was never written.
import { z } from 'zod';
import { SpikebridgeError } from '../errors.ts';
import { predictorScoresSchema } from './document.ts';
import type { ScoredEntry } from './pair.ts';
import { PREDICTOR_KEYS } from './types.ts';
import { METRIC_KEYS, type MetricKey, type MetricValues } from './uncertainty/bootstrap.ts';

const SCHEMA = 'spikebridge.scored/1';

/** In the order of METRIC_KEYS; null stands for what is undefined. */
const values = z.array(z.number().nullable()).length(METRIC_KEYS.length);
const entrySchema = z.strictObject({
  key: z.enum(PREDICTOR_KEYS),
  points: values,
  whole: values,
  /** (metrics, replicates) float64, little-endian, base64. */
  replicates: z.string(),
  intervals: z.boolean(),
  spikes: z.number().int(),
  perUnit: predictorScoresSchema.shape.perUnit,
  reliability: predictorScoresSchema.shape.reliability,
  calibration: predictorScoresSchema.shape.calibration,
  curve: predictorScoresSchema.shape.curve.unwrap(),
  ranked: z.array(z.strictObject({ column: z.number().int(), spikes: z.number().int() })),
});
const fileSchema = z.strictObject({ schema: z.literal(SCHEMA), entries: z.array(entrySchema) });

export function scoredEntriesToText(entries: readonly ScoredEntry[]): string {
  const inOrder = (from: MetricValues) =>
    METRIC_KEYS.map((key) => (Number.isFinite(from[key]) ? from[key] : null));
  const file: z.infer<typeof fileSchema> = {
    schema: SCHEMA,
    entries: entries.map((entry) => ({
      key: entry.key,
      points: inOrder(entry.points),
      whole: inOrder(entry.replicates.whole),
      replicates: toBase64(METRIC_KEYS.map((key) => entry.replicates.values[key])),
      intervals: entry.intervals,
      spikes: entry.spikes,
      perUnit: entry.perUnit,
      reliability: [...entry.reliability],
      calibration: entry.calibration,
      curve: entry.curve,
      ranked: [...entry.ranked],
    })),
  };
  return `${JSON.stringify(file)}\n`;
}

/** @throws E_SCORED_FILE where the text is none of `scoredEntriesToText` of this version */
export function scoredEntriesFromText(text: string, name: string): ScoredEntry[] {
  let parsed: ReturnType<typeof fileSchema.safeParse>;
  try {
    parsed = fileSchema.safeParse(JSON.parse(text));
  } catch (cause) {
    throw damaged(name, cause);
  }
  if (!parsed.success) throw damaged(name, parsed.error);
  return parsed.data.entries.map(({ points, whole, replicates, ...entry }) => ({
    ...entry,
    points: byMetric((at) => points[at] ?? Number.NaN),
    replicates: { whole: byMetric((at) => whole[at] ?? Number.NaN), values: fromBase64(replicates) },
  }));
}

const damaged = (name: string, cause: unknown): SpikebridgeError =>
  new SpikebridgeError('E_SCORED_FILE', 'these are no scored predictors of this version', {
    where: name,
    fix: 'remove the file: it will be made anew',
    cause,
  });

const byMetric = <T>(value: (at: number) => T): Record<MetricKey, T> =>
  Object.fromEntries(METRIC_KEYS.map((key, at) => [key, value(at)])) as Record<MetricKey, T>;

/** Small enough for the arguments of one call. */
const CHUNK = 8192;

function toBase64(rows: readonly Float64Array[]): string {
  const length = rows[0]?.length ?? 0;
  const view = new DataView(new ArrayBuffer(rows.length * length * 8));
  rows.forEach((row, i) => row.forEach((value, j) => view.setFloat64((i * length + j) * 8, value, true)));
  const bytes = new Uint8Array(view.buffer);
  let text = '';
  for (let at = 0; at < bytes.length; at += CHUNK)
    text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return btoa(text);
}

function fromBase64(text: string): Record<MetricKey, Float64Array> {
  const bytes = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  const length = Math.floor(bytes.length / 8 / METRIC_KEYS.length);
  return byMetric((i) =>
    Float64Array.from({ length }, (_, j) => view.getFloat64((i * length + j) * 8, true)),
  );
}
