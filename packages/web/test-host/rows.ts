// What a check on a GPU host says: plain data, so that a terminal, a file and a browser page carry the same thing.
import type { GpuInfo } from '@spikebridge/model';

/** One check, one row, one test. */
export interface Row {
  /** E.g. the op. */
  readonly suite: string;
  /** Shape or case; unique within its suite. */
  readonly name: string;
  readonly pass: boolean;
  /** Nothing was checked, and `message` says why. */
  readonly skipped?: true;
  /** Largest deviation met, in the unit of `tolerance`; null where nothing is measured. */
  readonly worst: number | null;
  readonly tolerance: number | null;
  /** What a person needs to know of a failure; may hold a warning otherwise. */
  readonly message: string;
}

/** A WGSL source under the name that its rows carry. */
export interface NamedShader {
  readonly name: string;
  readonly code: string;
}

export interface Context {
  readonly device: GPUDevice;
  readonly info: GpuInfo;
  readonly shaders: readonly NamedShader[];
  /** Bytes of the in vitro recording `asdf_bh.mat` of docs/data.md; null where the host has no recordings. */
  readonly recording: Uint8Array | null;
  /** Minutes longer than a lane has time for: SPIKEBRIDGE_THOROUGH=1. */
  readonly thorough: boolean;
}

/** A suite yields its rows as it goes. What it throws becomes a failed row; the suites after it still run. */
export interface Suite {
  readonly name: string;
  readonly rows: (context: Context) => AsyncIterable<Row> | Iterable<Row>;
}

/** What a host's entry prints, one JSON document a line. Without `end` the run did not get there. */
export type Line =
  | { readonly kind: 'host'; readonly runtime: string; readonly info: GpuInfo }
  | { readonly kind: 'row'; readonly row: Row }
  | { readonly kind: 'end' };
