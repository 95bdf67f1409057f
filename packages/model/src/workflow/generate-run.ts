// Trains sampled from a trained run, as every host makes them: whose units fire, what is known of them, and what they are called.
import { RateControl } from '../generation/rate-control.ts';
import type { UnitInfo } from '../recording/types.ts';
import type { ReadyPrompt } from './prompt.ts';
import { dataRecord } from './run-record.ts';
import type { Sampled, SampleRequest } from './sampling.ts';
import { sampleRun } from './sampling.ts';
import { presentUnits } from './target.ts';
import type { Source, TrainedRun } from './trained-run.ts';

export interface GenerateRequest extends Pick<
  SampleRequest,
  'host' | 'run' | 'bins' | 'seed' | 'temperature' | 'threads' | 'device' | 'signal' | 'listener' | 'onTrains'
> {
  /** The recording the run was trained on; a silent prompt of a transformer goes without. */
  readonly source: Source | undefined;
  readonly ready: ReadyPrompt;
  /** Hold each unit to its rates in what is known of it. */
  readonly matchRates: boolean;
}

/** @throws E_DEVICE, E_GENERATE_KNOWN */
export function generateRun({ source, ready, matchRates, ...asked }: GenerateRequest): Promise<Sampled> {
  const known =
    ready.others?.known ??
    (source === undefined ? undefined : { raster: source.raster, spans: source.split.train.spans });
  return sampleRun({
    ...{ ...asked, prompt: ready.prompt },
    ...(known === undefined ? {} : { known }),
    ...(ready.others === undefined ? {} : { present: presentUnits(ready.others.slots) }),
    ...(matchRates && known !== undefined
      ? { rateControl: new RateControl(known, asked.run.resolved.config.data.binMs) }
      : {}),
  });
}

/**
 * The run's units and their columns, in the order of the recording it was trained on: formats without names know a unit by its
 * place, and a run has them by rate.
 */
export function generatedUnits(
  run: TrainedRun,
  source: Source | undefined,
  { others }: ReadyPrompt,
): { column: number; unit: UnitInfo }[] {
  const { recording } = others ?? source ?? {};
  return Array.from(others?.slots ?? dataRecord(run.folder).slots, (row, column) => ({ row, column }))
    .filter(({ row }) => row >= 0)
    .sort((a, b) => a.row - b.row)
    .map(({ row, column }) => ({ column, unit: recording?.units[row] ?? { id: String(row) } }));
}
