// From judged cells to what the matrix says: groups by domain, and losses compared over pairs. A pair (source, target) counts once,
// whatever the number of seeds: seeds of one pair are no independent recordings.
import type { EvaluationPair } from '../evaluation/document.ts';
import { quantile } from '../evaluation/metrics/summaries.ts';
import { signedRank } from '../evaluation/uncertainty/signed-rank.ts';
import { holm, spread } from '../evaluation/uncertainty/summary.ts';
import { METRIC_KEYS } from '../evaluation/uncertainty/bootstrap.ts';
import type { Domain, Manifest } from './manifest.ts';
import { DOMAINS } from './manifest.ts';
import { MATRIX_SCHEMA } from './matrix-document.ts';
import type { MatrixCellScores, MatrixComparison, MatrixDocument, MatrixGroup } from './matrix-document.ts';
import type { Fingerprints, JudgedCell } from './plan.ts';
import { levelOfManifest } from './plan.ts';

/** The figures of a cell, from the pair that was judged. */
export function cellScores(
  { id, source, target, loss, seed }: JudgedCell,
  pair: EvaluationPair,
): MatrixCellScores {
  const model = pair.scores.model;
  if (model === undefined) throw new Error(`${id} holds no model`);
  const { bins, units, spikes, density } = pair.scored;
  const floors = Object.entries(pair.scores)
    .filter(([key]) => key !== 'model')
    .map(([key, scores]) => [key, scores.bitsPerSpike.value] as const);
  return {
    ...{ id, source, target, loss, seed },
    pairing: pair.pairing,
    level: pair.level,
    targetTrainingSeconds: pair.targetTrainingSeconds,
    scored: { bins, units, spikes, density },
    model: Object.fromEntries(METRIC_KEYS.map((key) => [key, model[key]])) as MatrixCellScores['model'],
    floors: Object.fromEntries(floors),
    bestFloor: pair.bestFloor,
    difference: pair.differences.model?.bitsPerSpike ?? null,
  };
}

export interface MatrixInput {
  readonly manifest: Manifest;
  readonly fingerprints: ReadonlyMap<string, Fingerprints>;
  readonly cells: readonly MatrixCellScores[];
  readonly missing: readonly string[];
}

export function matrixDocument({ manifest, fingerprints, cells, missing }: MatrixInput): MatrixDocument {
  const domains = new Map(manifest.recordings.map(({ name, domain }) => [name, domain]));
  const { evaluation, losses, seeds, preset, set } = manifest;
  return {
    schema: MATRIX_SCHEMA,
    name: manifest.name ?? null,
    recordings: manifest.recordings.map(({ name, domain }) => ({
      ...{ name, domain },
      fingerprint: fingerprints.get(name)?.path ?? '',
      testFingerprint: fingerprints.get(name)?.test ?? null,
    })),
    ...{ losses, seeds, preset, set },
    evaluation: { ...evaluation, level: levelOfManifest(evaluation) },
    cells: [...cells],
    missing: [...missing],
    groups: groupsOf(cells, losses, domains),
    comparisons: comparisonsOf(cells, losses, domains),
  };
}

type Figure = (cell: MatrixCellScores) => number | null;

const bitsPerSpike: Figure = ({ model }) => model.bitsPerSpike.value;
const rocAuc: Figure = ({ model }) => model.rocAuc.value;
const averagePrecision: Figure = ({ model }) => model.averagePrecision.value;
const minusBestFloor: Figure = ({ difference }) => difference?.value ?? null;
const minusPlugIn: Figure = ({ model, floors }) => {
  const floor = floors['plug-in'];
  return model.bitsPerSpike.value === null || floor === undefined || floor === null
    ? null
    : model.bitsPerSpike.value - floor;
};

/** One value a pair: the mean of its seeds, of those where the figure is defined. */
export function pairMeans(cells: readonly MatrixCellScores[], figure: Figure): Map<string, number> {
  const seeds = new Map<string, number[]>();
  for (const cell of cells) {
    const value = figure(cell);
    if (value === null) continue;
    const pair = `${cell.source}.${cell.target}`;
    seeds.set(pair, [...(seeds.get(pair) ?? []), value]);
  }
  return new Map([...seeds].map(([pair, values]) => [pair, spread(values).mean]));
}

function spreadOf(cells: readonly MatrixCellScores[], figure: Figure): MatrixGroup['rocAuc'] {
  const { mean, sd, n } = spread([...pairMeans(cells, figure).values()]);
  return { mean: n === 0 ? null : mean, sd, n };
}

/** Within a recording, within a domain, and across domains, each direction by itself; those that have cells. */
function groupsOf(
  cells: readonly MatrixCellScores[],
  losses: readonly string[],
  domains: ReadonlyMap<string, Domain>,
): MatrixGroup[] {
  const kinds = [
    ...DOMAINS.map((domain) => ({ sourceDomain: domain, targetDomain: domain, sameRecording: true })),
    ...DOMAINS.map((domain) => ({ sourceDomain: domain, targetDomain: domain, sameRecording: false })),
    { sourceDomain: DOMAINS[0], targetDomain: DOMAINS[1], sameRecording: false },
    { sourceDomain: DOMAINS[1], targetDomain: DOMAINS[0], sameRecording: false },
  ];
  return kinds.flatMap((kind) =>
    losses.flatMap((loss) => {
      const of = cells.filter(
        (cell) =>
          cell.loss === loss &&
          domains.get(cell.source) === kind.sourceDomain &&
          domains.get(cell.target) === kind.targetDomain &&
          (cell.source === cell.target) === kind.sameRecording,
      );
      return of.length === 0
        ? []
        : [
            {
              ...{ ...kind, loss },
              bitsPerSpike: spreadOf(of, bitsPerSpike),
              minusBestFloor: spreadOf(of, minusBestFloor),
              minusPlugIn: spreadOf(of, minusPlugIn),
              rocAuc: spreadOf(of, rocAuc),
              averagePrecision: spreadOf(of, averagePrecision),
            },
          ];
    }),
  );
}

/** Dice, the published loss, against each other loss; without it the first loss of the list. */
function comparisonsOf(
  cells: readonly MatrixCellScores[],
  losses: readonly string[],
  domains: ReadonlyMap<string, Domain>,
): MatrixComparison[] {
  const loss = losses.includes('dice') ? 'dice' : losses[0];
  const across = (from: Domain, to: Domain) => (cell: MatrixCellScores) =>
    domains.get(cell.source) === from && domains.get(cell.target) === to;
  const scopes = [
    ['all', () => true],
    ['within a domain', (cell) => domains.get(cell.source) === domains.get(cell.target)],
    ['in-vitro -> in-vivo', across('in-vitro', 'in-vivo')],
    ['in-vivo -> in-vitro', across('in-vivo', 'in-vitro')],
  ] as const satisfies readonly (readonly [MatrixComparison['cells'], (cell: MatrixCellScores) => boolean])[];
  const metrics = [
    ['bitsPerSpike', bitsPerSpike],
    ['rocAuc', rocAuc],
  ] as const;
  return metrics.flatMap(([metric, figure]) => {
    const rows = losses
      .filter((other) => other !== loss)
      .flatMap((against) =>
        scopes.map(([name, holds]) => ({
          ...{ metric, loss, against, cells: name },
          ...compared(cells.filter(holds), { loss, against, figure }),
        })),
      )
      .filter(({ n }) => n > 0);
    // What cannot be tested (no difference at all) takes no share of the correction.
    const tested = rows.filter(({ p }) => p !== null);
    const adjusted = holm(tested.map(({ p }) => p ?? 1));
    return rows.map((row) => {
      const at = tested.indexOf(row);
      return { ...row, pHolm: at < 0 ? null : adjusted[at] };
    });
  });
}

function compared(
  cells: readonly MatrixCellScores[],
  { loss, against, figure }: { readonly loss: string; readonly against: string; readonly figure: Figure },
): Pick<MatrixComparison, 'n' | 'different' | 'meanDifference' | 'medianDifference' | 'higher' | 'p'> {
  const nameOf = ({ source, target, seed }: MatrixCellScores) => `${source}.${target}.${String(seed)}`;
  const defined = (kind: string) =>
    new Map(
      cells.filter((cell) => cell.loss === kind && figure(cell) !== null).map((cell) => [nameOf(cell), cell]),
    );
  const one = defined(loss);
  const other = defined(against);
  // The same seeds on both sides, or one side's mean would hold a draw that the other's lacks.
  const both = [...one.keys()].filter((name) => other.has(name));
  const meansOf = (side: ReadonlyMap<string, MatrixCellScores>) =>
    pairMeans(
      both.flatMap((name) => side.get(name) ?? []),
      figure,
    );
  const subtracted = meansOf(other);
  const differences = [...meansOf(one)].map(([pair, value]) => value - (subtracted.get(pair) ?? Number.NaN));
  const { n: different, p } = signedRank(differences);
  const n = differences.length;
  return {
    n,
    different,
    meanDifference: n === 0 ? null : spread(differences).mean,
    medianDifference: n === 0 ? null : quantile(differences, 0.5),
    higher: differences.filter((value) => value > 0).length,
    p,
  };
}
