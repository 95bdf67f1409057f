// What the worker of cells tells the page.
import type { CellJudgement, CellModel, Species } from '@spikebridge/model';
import type { Fault } from '../host/fault-words.ts';
import type { PickedFile } from '../host/file-location.ts';

/** A cell in the page's list. */
export interface CellRow {
  readonly key: string;
  readonly cell: string;
  readonly file: string;
  readonly donor: string | null;
  readonly from: 'recording' | 'table';
  /** What a table says that it is. */
  readonly label: string | null;
  /** Null where no model is chosen, or the work was stopped before. */
  readonly judged: RowJudgement | null;
}

export type RowJudgement = Pick<CellJudgement, 'call' | 'likeliest' | 'probability' | 'present'> & {
  readonly abstained: readonly string[];
};

/** The model at hand. */
export type CellModelView = Pick<CellModel, 'species' | 'classes' | 'card'> & {
  readonly features: number;
  /** A file of the user's, rather than the one that comes with the program. */
  readonly own: boolean;
};

export interface CellsState {
  readonly species: Species;
  readonly minAccuracy: number;
  /** Null where none comes with the program and none was given. */
  readonly model: CellModelView | null;
  readonly rows: readonly CellRow[];
  readonly tables: readonly { readonly key: string; readonly file: string; readonly cells: number }[];
  /** What readers of tables found. */
  readonly notes: readonly string[];
  /** Cells of tables that could be the others on a plane. */
  readonly reference: number;
  /** Cells of the plane that was computed last, and is shown in sheets. */
  readonly onPlane: number;
  /** Recordings that were taken in after it. */
  readonly unplaced: number;
}

/** Files that do not say something a reader needs. */
export interface SweepQuestion {
  readonly files: readonly PickedFile[];
  readonly fault: Fault;
}

export interface TakenCells {
  readonly state: CellsState;
  /** Of parts that could not be read; the others were. */
  readonly faults: readonly Fault[];
  readonly questions: readonly SweepQuestion[];
}

export interface CellsProgress {
  readonly what: string;
  readonly done: number;
  readonly total: number;
}
export type WatchCells = (progress: CellsProgress) => unknown;
