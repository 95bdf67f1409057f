// Cells by features, and what classifiers take and give.

/** Rows by columns, row after row. NaN is a missing value. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float64Array;
}

/** Features of cells with what is known of each cell. */
export interface FeatureTable {
  readonly cells: readonly string[];
  /** Names of the columns; `units` beside them ('' where there is none). */
  readonly features: readonly string[];
  readonly units: readonly string[];
  readonly values: Matrix;
  readonly classes: readonly string[];
  /** Index into `classes` by cell; -1 where a cell has no label. */
  readonly labels: Int32Array;
  /** Donor by cell; cells of one donor are never apart in a split. */
  readonly donors: readonly string[];
  /** What else is known of each cell, by name (`culture`: acute, cultured). */
  readonly attributes: Readonly<Record<string, readonly string[]>>;
  /** Plain sentences on what was found and done: duplicates, gaps, values out of range, cells without a donor. */
  readonly notes: readonly string[];
}

/** Learns from rows whose labels are known. All that is fitted (imputation, scaling, trees) comes from these rows alone. */
export interface Classifier {
  readonly name: string;
  /** What `attention` of its fits is over, where it looks at families of features. */
  readonly families?: readonly { readonly name: string }[];
  /** `classes` is how many there are; labels are 0 ... classes - 1. The same seed gives the same bits. */
  fit(x: Matrix, labels: Int32Array, options: FitOptions): FittedClassifier;
}

export interface FitOptions {
  readonly classes: number;
  readonly seed: number;
  /** Donor by row, for choices made inside the training rows. */
  readonly groups: readonly string[];
}

export interface FittedClassifier {
  /** Probabilities, rows by classes; each row sums to one. */
  probabilities(x: Matrix): Matrix;
  /** Share of each family in what a row is called by, rows by families; each row sums to one. */
  attention?(x: Matrix): Matrix;
}
