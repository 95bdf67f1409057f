// `evaluate --with`: the run mixed with others, by weights fitted on its source's validation part.
import type {
  Device,
  EvaluationPair,
  PredictorFactory,
  PreparedTarget,
  Source,
  TrainedRun,
} from '@spikebridge/model';
import {
  dataRecord,
  fitMixture,
  minimumPast,
  mixtureFactory,
  modelOf,
  presentUnits,
  SpikebridgeError,
  withPast,
} from '@spikebridge/model';
import { spansOf } from './floors-cache.ts';
import { startProgress } from './progress.ts';
import type { Terminal } from './terminal.ts';
import { openRun } from './trained-run.ts';

/**
 * Opens the other runs: unit-free ones of any recording, others of the very same units.
 * @throws E_MIXTURE_UNITS, E_RUN_MISSING
 */
export async function openOthers(run: TrainedRun, paths: readonly string[]): Promise<readonly TrainedRun[]> {
  const others: TrainedRun[] = [];
  const own = dataRecord(run.folder);
  for (const path of paths) {
    const other = await openRun(path);
    const { fingerprint, slots } = dataRecord(other.folder);
    const same = fingerprint === own.fingerprint && slots.join() === own.slots.join();
    const binMs = [run, other].map(({ resolved }) => resolved.config.data.binMs);
    if (binMs[0] !== binMs[1] || (other.net.kind === 'transformer' && !same))
      throw new SpikebridgeError(
        'E_MIXTURE_UNITS',
        'its columns are not those of the run that it is mixed with',
        {
          where: `--with ${path}`,
          fix: 'mix runs of one recording with the same units and bins, or add a unit-free run',
          exitCode: 2,
        },
      );
    others.push(other);
  }
  return others;
}

interface MixCall {
  readonly run: TrainedRun;
  readonly others: readonly TrainedRun[];
  readonly source: Source;
  readonly prepared: PreparedTarget;
  readonly device: Device;
  readonly terminal: Terminal;
}

/** The `model` row: the run alone, or the mixture and what it is made of. */
export async function mixedModel(call: MixCall): Promise<{
  readonly model: PredictorFactory;
  readonly mixture?: NonNullable<EvaluationPair['mixture']>;
}> {
  const { run, others, source, prepared, device, terminal } = call;
  if (others.length === 0) return { model: modelOf(run, device) };
  const runs = [run, ...others];
  const factories = runs.map((one) => modelOf(one, device));
  const { config } = run.resolved;
  const split = spansOf(source);
  const spans = withPast(split.validation, source.raster.observed, minimumPast(config.training.context));
  const bins = spans.reduce((sum, { start, stop }) => sum + stop - start, 0);
  const progress = startProgress(terminal, 'mixing', bins, 'bins');
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
    terminal.note(`mixture: ${runs.map(({ path }, k) => `${weights[k].toFixed(3)} x ${path}`).join(', ')}`);
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
