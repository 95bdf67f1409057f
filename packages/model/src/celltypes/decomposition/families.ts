// Components of feature families, one family at a time, put side by side: what Gouwens et al. make of the vectors of a cell before any
// classifier. A cell that lacks a family is NaN in its components and nowhere else.
import { SpikebridgeError } from '../../errors.ts';
import { fitStandardisation, standardise } from '../tables/standardisation.ts';
import type { Standardisation } from '../tables/standardisation.ts';
import { takeColumns, takeRows } from '../tables/matrix.ts';
import type { Matrix } from '../tables/types.ts';
import { fitComponents, fitSparseComponents, project } from './components.ts';
import type { Components } from './components.ts';

/** Components to try in one family. */
export interface ComponentPlan {
  /** Non-zero loadings of each component, or how many plain ones. */
  readonly components: readonly number[] | number;
  /** Columns of the family that are used, as [from, to); all where left out. */
  readonly columns?: readonly (readonly [number, number])[];
}

/** The step sweeps at rheobase, + 40 and + 80 pA, of six with 50 bins each. */
const THREE_SWEEPS = [
  [0, 50],
  [100, 150],
  [200, 250],
] as const;

/** Families, numbers of components and of loadings as Gouwens et al. (Cell 2020) publish them in their configuration. */
export const GOUWENS_FAMILIES: Readonly<Record<string, ComponentPlan>> = {
  first_ap_v: { components: [267, 233, 267, 233, 233, 250, 233], columns: [[0, 300]] },
  first_ap_dv: { components: [150, 117, 150, 167, 100, 100, 100, 87, 87], columns: [[0, 298]] },
  isi_shape: { components: [100, 90, 80, 80] },
  step_subthresh: { components: 3 },
  subthresh_norm: { components: [120, 100, 90, 50, 45, 40] },
  inst_freq: { components: [150, 137, 112, 137, 125, 112], columns: THREE_SWEEPS },
  spiking_upstroke_downstroke_ratio: { components: [150, 137, 125], columns: THREE_SWEEPS },
  spiking_peak_v: { components: [150, 137, 125], columns: THREE_SWEEPS },
  spiking_fast_trough_v: { components: [150, 137, 112], columns: THREE_SWEEPS },
  spiking_threshold_v: { components: [150, 137, 125, 112, 125], columns: THREE_SWEEPS },
  spiking_width: { components: [150, 100, 112], columns: THREE_SWEEPS },
  inst_freq_norm: { components: [150, 145, 125, 120, 110, 100, 90] },
};

/** Components that add less than this to their family's variance are left out. */
const LEAST_VARIANCE = 0.01;

/** One family as fitted; plain data. */
export interface FittedFamily {
  readonly family: string;
  /** Columns of the family that are used. */
  readonly columns: readonly number[];
  /** All that were tried. */
  readonly components: Components;
  /** Those that are kept, and the scale of their scores among the training cells. */
  readonly kept: readonly number[];
  readonly scale: Standardisation;
}

/** Vectors of the same cells by family, each (cells, length); a cell without the family is NaN. */
export type FamilyMatrices = Readonly<Record<string, Matrix>>;

/**
 * Fits every family of the plan on the cells that have it.
 * @throws E_COMPONENTS_FAMILY where a family of the plan is not there or shorter than the plan; E_COMPONENTS_* of a fit, naming the family
 */
export function fitFamilies(
  families: FamilyMatrices,
  plan: Readonly<Record<string, ComponentPlan>> = GOUWENS_FAMILIES,
): FittedFamily[] {
  return Object.entries(plan).map(([family, { components: asked, columns: ranges }]) => {
    const matrix = matrixOfFamily(families, family);
    const columns = (ranges ?? [[0, matrix.columns] as const]).flatMap(([from, to]) =>
      Array.from({ length: to - from }, (_, i) => from + i),
    );
    if (columns.some((column) => column >= matrix.columns))
      throw new SpikebridgeError(
        'E_COMPONENTS_FAMILY',
        `${family} has ${matrix.columns} values a cell, and ${Math.max(...columns) + 1} are asked for`,
        {
          fix: 'Give a plan that fits the vectors.',
        },
      );
    const used = takeColumns(matrix, columns);
    const whole = takeRows(used, wholeRows(used));
    const components = naming(family, () =>
      typeof asked === 'number'
        ? fitComponents(whole, asked)
        : fitSparseComponents(whole, { nonZero: asked }),
    );
    const kept = [...components.variance.keys()].filter((k) => components.variance[k] >= LEAST_VARIANCE);
    const scale = fitStandardisation(takeColumns(project(components, whole), kept));
    return { family, columns, components, kept, scale };
  });
}

/** Names of the columns that `transformFamilies` gives: `inst_freq sPC1` ... */
export function familyColumns(fitted: readonly FittedFamily[]): string[] {
  return fitted.flatMap(({ family, kept }) => kept.map((k) => `${family} sPC${k + 1}`));
}

/** Kept scores of any cells, (cells, kept of all families), in deviations of the training cells. */
export function transformFamilies(fitted: readonly FittedFamily[], families: FamilyMatrices): Matrix {
  const parts = fitted.map(({ family, columns, components, kept, scale }) =>
    standardise(
      scale,
      takeColumns(project(components, takeColumns(matrixOfFamily(families, family), columns)), kept),
    ),
  );
  const rows = parts[0].rows;
  const width = parts.reduce((sum, part) => sum + part.columns, 0);
  const values = new Float64Array(rows * width);
  let at = 0;
  for (const part of parts) {
    for (let r = 0; r < rows; r++)
      values.set(part.values.subarray(r * part.columns, (r + 1) * part.columns), r * width + at);
    at += part.columns;
  }
  return { rows, columns: width, values };
}

function matrixOfFamily(families: FamilyMatrices, family: string): Matrix {
  if (Object.hasOwn(families, family)) return families[family];
  throw new SpikebridgeError('E_COMPONENTS_FAMILY', `the cells have no family ${family}`, {
    fix: `They have ${Object.keys(families).join(', ')}; give a plan of those.`,
  });
}

function wholeRows(x: Matrix): number[] {
  const isWhole = (r: number): boolean =>
    x.values.subarray(r * x.columns, (r + 1) * x.columns).every((value) => !Number.isNaN(value));
  return Array.from({ length: x.rows }, (_, r) => r).filter(isWhole);
}

function naming(family: string, fit: () => Components): Components {
  try {
    return fit();
  } catch (error) {
    if (!(error instanceof SpikebridgeError)) throw error;
    const { code, message, fix } = error;
    throw new SpikebridgeError(code, message, {
      where: family,
      ...(fix === undefined ? {} : { fix }),
      cause: error,
    });
  }
}
