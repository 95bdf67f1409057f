// Floors on source validation, to stand beside a training's own score there: raw bits/spike over own rate, as training scores itself.
import { evaluateRecordings } from '../evaluation/evaluate.ts';
import type { PredictorKey } from '../evaluation/types.ts';
import { trainingProbabilities } from '../evaluation/floors/rates.ts';
import { floorsOrRates, spansOf } from './floors-cache.ts';
import type { FloorsRequest } from './floors-cache.ts';
import { presentUnits } from './target.ts';

/** A bootstrap that nobody looks at. */
const FEWEST_REPLICATES = 1;

/**
 * Of the floors that are `wanted`; null where nothing fired. Nothing where the split has no validation part. What is fitted is kept in
 * the store, so that judging finds it.
 */
export async function validationFloors(
  request: FloorsRequest & Required<Pick<FloorsRequest, 'wanted'>>,
): Promise<Partial<Record<PredictorKey, number | null>>> {
  const { source, config, host, wanted } = request;
  const { raster, split, selection, recording } = source;
  if (split.validation.spans.length === 0) return {};
  const floors = await floorsOrRates(request);
  const { pairs } = await evaluateRecordings({
    source: { name: recording.name, raster, split: spansOf(source), floors },
    targets: [
      {
        ...{ name: recording.name, raster, test: split.validation.spans, train: [] },
        rates: trainingProbabilities(raster, split.train.spans),
        ...{ ratesFrom: 'source', pairing: 'within', units: presentUnits(selection.slots) },
      },
    ],
    ...{ level: 'none', seed: config.seed, context: config.training.context, host },
    ...{ only: wanted, replicates: FEWEST_REPLICATES },
  });
  return Object.fromEntries(wanted.map((key) => [key, pairs[0]?.scores[key]?.bitsPerSpikeRaw.value ?? null]));
}
