// Runs side by side: for every direction that any of them was judged in, each predictor's bits/spike and the model's other
// metrics, one column a run.
import type { EvaluationPair, MetricKey, PredictorKey, RunFolder } from '@spikebridge/model';
import { evaluationFiles, METRIC_KEYS, PREDICTOR_KEYS, readEvaluation } from '@spikebridge/model';
import { formatTable } from './terminal.ts';

export interface Figure {
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

export interface ComparedScore {
  readonly predictor: PredictorKey;
  readonly metric: MetricKey;
  /** One a run, in their order; null where the run has no such score. */
  readonly values: readonly (Figure | null)[];
}

export interface ComparedDirection {
  readonly target: string;
  readonly pairing: string;
  readonly level: string;
  /** Bins, units and spikes scored in each run: scores compare where these agree. */
  readonly scored: readonly ({
    readonly bins: number;
    readonly units: number;
    readonly spikes: number;
  } | null)[];
  readonly comparable: boolean;
  readonly scores: readonly ComparedScore[];
}

/** Every pair of every evaluation in a run folder. */
export async function pairsOf(folder: RunFolder): Promise<EvaluationPair[]> {
  const pairs: EvaluationPair[] = [];
  for (const name of await evaluationFiles(folder))
    pairs.push(...((await readEvaluation(folder, name))?.pairs ?? []));
  return pairs;
}

const directionOf = ({ target, pairing, level }: EvaluationPair): string =>
  JSON.stringify([target, pairing, level]);

/** `runs` holds the pairs of each run. A direction judged twice by a run (test part and all of it) counts once, the first. */
export function compareRuns(runs: readonly (readonly EvaluationPair[])[]): ComparedDirection[] {
  const directions = [...new Set(runs.flatMap((pairs) => pairs.map(directionOf)))];
  return directions.map((direction) => {
    const pairs = runs.map((own) => own.find((pair) => directionOf(pair) === direction));
    const scored = pairs.map((pair) =>
      pair === undefined
        ? null
        : { bins: pair.scored.bins, units: pair.scored.units, spikes: pair.scored.spikes },
    );
    const [target, pairing, level] = JSON.parse(direction) as [string, string, string];
    const scoreOf = (predictor: PredictorKey, metric: MetricKey): ComparedScore => ({
      predictor,
      metric,
      values: pairs.map((pair) => {
        const estimate = pair?.scores[predictor]?.[metric];
        return estimate === undefined
          ? null
          : { value: estimate.value, low: estimate.low, high: estimate.high };
      }),
    });
    const floors = PREDICTOR_KEYS.filter((key) => key !== 'model');
    const scores = [
      ...METRIC_KEYS.map((metric) => scoreOf('model', metric)),
      ...floors.map((key) => scoreOf(key, 'bitsPerSpike')),
    ].filter(({ values }) => values.some((value) => value !== null));
    const known = scored.filter((one) => one !== null).map((one) => JSON.stringify(one));
    return { target, pairing, level, scored, comparable: new Set(known).size <= 1, scores };
  });
}

/** One table a direction. */
export function describeComparison(
  directions: readonly ComparedDirection[],
  names: readonly string[],
): string {
  return directions
    .map(({ target, pairing, level, comparable, scores }) =>
      [
        `judged on ${target} (${pairing}, level ${level})`,
        ...(comparable ? [] : ['  not the same bins, units and spikes: these columns do not compare']),
        formatTable(
          ['score', ...names],
          scores.map(({ predictor, metric, values }) => [`${predictor} ${metric}`, ...values.map(figure)]),
        ),
      ].join('\n'),
    )
    .join('\n\n');
}

function figure(of: Figure | null): string {
  if (of === null || of.value === null) return '-';
  const point = of.value.toFixed(4);
  return of.low === null || of.high === null
    ? point
    : `${point} [${of.low.toFixed(4)}, ${of.high.toFixed(4)}]`;
}
