// One cell for the page: its call and what that rests on, its sweeps and what became of each, and the charts of both.
import type { CellModel, CellPredictionDocument, ExtractedSweeps, Rejection } from '@spikebridge/model';
import {
  callCell,
  cellPredictionSchema,
  familyCharts,
  familyWeightChart,
  featureChart,
  predictionDocument,
  probabilityChart,
  spikesChart,
  weighFamilies,
} from '@spikebridge/model';
import { drawn } from './drawn-chart.ts';
import type { DrawnChart } from './drawn-chart.ts';

export interface SweepLine {
  readonly number: number;
  /** Null where it was left out before its stimulus was known. */
  readonly shape: string | null;
  readonly amplitude: number | null;
  readonly spikes: number | null;
  /** Why no feature is taken from it; empty where some are. */
  readonly reasons: readonly string[];
}

export interface CellSheet {
  readonly key: string;
  readonly cell: string;
  readonly file: string;
  readonly donor: string | null;
  readonly label: string | null;
  /** As it stands in the document of `celltype predict --json`; null without a model. */
  readonly judged: CellPredictionDocument['cells'][number] | null;
  /** Probabilities, features against the classes, weights by family. */
  readonly charts: readonly DrawnChart[];
  /** Null for a row of a table. */
  readonly recording: RecordingPart | null;
}

export interface RecordingPart {
  readonly sweeps: readonly SweepLine[];
  readonly electrode: readonly string[];
  /** What belongs to no sweep: protocols and families that are missing, what was filled in. */
  readonly missing: readonly string[];
  readonly notJudged: readonly string[];
  readonly spikes: readonly DrawnChart[];
  readonly families: readonly DrawnChart[];
}

interface SheetCall {
  readonly key: string;
  readonly file: string;
  readonly cell: string;
  readonly donor: string | null;
  readonly label: string | null;
  readonly extracted: ExtractedSweeps | null;
  readonly model: CellModel | null;
  /** Of the cell, in the model's order. */
  readonly values: Float64Array | null;
  readonly minAccuracy: number;
}

export async function cellSheet(asked: SheetCall): Promise<CellSheet> {
  const { key, file, cell, donor, label, extracted, model, values, minAccuracy } = asked;
  let judged: CellSheet['judged'] = null;
  let charts: DrawnChart[] = [];
  if (model !== null && values !== null) {
    const call = callCell(model, values, { minAccuracy });
    const called = { file, cell, donor: donor ?? undefined, call, rejected: [], notes: [] };
    // As text and back: what has no number in JSON is null for the charts of a document.
    const text = JSON.stringify(predictionDocument(model, minAccuracy, [called]));
    [judged] = cellPredictionSchema.parse(JSON.parse(text)).cells;
    charts = await drawn([
      probabilityChart(judged),
      familyWeightChart(cell, call.likeliest, weighFamilies(model, values)),
      ...featureChart(judged),
    ]);
  }
  return {
    ...{ key, cell, file, donor, label, judged, charts },
    recording: extracted === null ? null : await recordingPart(cell, extracted),
  };
}

async function recordingPart(cell: string, extracted: ExtractedSweeps): Promise<RecordingPart> {
  const { features, rejected, electrode, notJudged } = extracted;
  const said = ({ sweep, reason }: Rejection): string =>
    sweep === undefined ? reason : `sweep ${String(sweep)}: ${reason}`;
  const left = [...rejected, ...features.rejected];
  return {
    sweeps: sweepLines(features.sweeps, left),
    electrode: electrode
      .filter(({ verdict }) => verdict !== 'not-judged')
      .map(({ code, verdict, reason }) => `${code}, ${verdict}: ${reason}`),
    missing: [
      ...left.filter(({ sweep }) => sweep === undefined).map(({ reason }) => reason),
      ...features.absent.map(({ family, reason }) => `${family}: ${reason}`),
      ...features.notes,
    ],
    notJudged: notJudged.map(said),
    spikes: await drawn(spikesChart(cell, features)),
    families: await drawn(familyCharts(features)),
  };
}

/** Every sweep once, by its number: those that features were taken from, and those left out with every reason. */
export function sweepLines(
  used: ExtractedSweeps['features']['sweeps'],
  left: readonly Rejection[],
): SweepLine[] {
  const lines = new Map<number, SweepLine>(
    used.map(({ number, shape, amplitude, spikes }) => [
      number,
      { number, shape, amplitude, spikes: spikes.length, reasons: [] },
    ]),
  );
  for (const { sweep, reason } of left) {
    if (sweep === undefined) continue;
    const known = lines.get(sweep);
    lines.set(sweep, {
      ...(known ?? { number: sweep, shape: null, amplitude: null, spikes: null }),
      reasons: [...(known?.reasons ?? []), reason],
    });
  }
  return [...lines.values()].sort((a, b) => a.number - b.number);
}
