// A run mixed with others, by weights fitted on its source's validation part.
import { SpikebridgeError } from '../errors.ts';
import type { EvaluationPair } from '../evaluation/document.ts';
import { fitMixture, mixtureFactory } from '../evaluation/mixture.ts';
import type { PredictorFactory } from '../evaluation/types.ts';
import { minimumPast, withPast } from '../recording/split.ts';
import type { Device } from './device.ts';
import { spansOf } from './floors-cache.ts';
import type { Listener } from './listener.ts';
import { dataRecord } from './run-record.ts';
import type { PreparedTarget } from './target.ts';
import { presentUnits } from './target.ts';
import type { Source, TrainedRun } from './trained-run.ts';
import { modelOf } from './trained-run.ts';

/** Any unit-free run mixes with another, others where their columns are the very same units. @throws E_MIXTURE_UNITS */
export function checkMixable(run: TrainedRun, other: TrainedRun, where: string): void {
  const own = dataRecord(run.folder);
  const { fingerprint, slots } = dataRecord(other.folder);
  const same = fingerprint === own.fingerprint && slots.join() === own.slots.join();
  const binMs = [run, other].map(({ resolved }) => resolved.config.data.binMs);
  if (binMs[0] !== binMs[1] || (other.net.kind === 'transformer' && !same))
    throw new SpikebridgeError(
      'E_MIXTURE_UNITS',
      'its columns are not those of the run that it is mixed with',
      {
        where,
        fix: 'mix runs of one recording with the same units and bins, or add a unit-free run',
        exitCode: 2,
      },
    );
}

interface MixCall {
  readonly run: TrainedRun;
  readonly others: readonly TrainedRun[];
  readonly source: Source;
  readonly prepared: PreparedTarget;
  readonly device: Device;
  readonly listener: Listener;
}

/** The `model` row: the run alone, or the mixture and what it is made of. */
export async function mixedModel(call: MixCall): Promise<{
  readonly model: PredictorFactory;
  readonly mixture?: NonNullable<EvaluationPair['mixture']>;
}> {
  const { run, others, source, prepared, device, listener } = call;
  if (others.length === 0) return { model: modelOf(run, device) };
  const runs = [run, ...others];
  const factories = runs.map((one) => modelOf(one, device));
  const { config } = run.resolved;
  const split = spansOf(source);
  const spans = withPast(split.validation, source.raster.observed, minimumPast(config.training.context));
  const bins = spans.reduce((sum, { start, stop }) => sum + stop - start, 0);
  const progress = listener.progress('mixing', bins, 'bins');
  try {
    const { weights, offset } = await fitMixture({
      factories,
      view: {
        raster: source.raster,
        rates: null,
        scored: presentUnits(source.selection.slots),
        level: prepared.level,
        known: prepared.level === 'none' ? null : { raster: source.raster, spans: split.train },
      },
      ...{ spans, seed: config.seed },
      onProgress: (done) => progress.update(done),
    });
    listener.note(`mixture: ${runs.map(({ path }, k) => `${weights[k].toFixed(3)} x ${path}`).join(', ')}`);
    return {
      model: mixtureFactory(factories, { weights, offset }),
      mixture: {
        offset,
        runs: runs.map(({ resolved, step, folder }, k) => ({
          ...{ configHash: resolved.hash, step, source: dataRecord(folder).name, weight: weights[k] },
        })),
      },
    };
  } finally {
    progress.stop();
  }
}
