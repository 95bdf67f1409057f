// What the page and its worker say to each other.
import type { GpuInfo } from '@spikebridge/model';
import type { BenchRow } from '../src/figures.ts';

/** The kernels on one thread, on every core, or on the GPU. */
export const DEVICES = ['wasm-1', 'wasm-n', 'webgpu'] as const;
export type DeviceName = (typeof DEVICES)[number];

/** Groups of rows, in the order they are measured. */
export const GROUPS = [
  'attention',
  'matMul',
  'losses',
  'bit embedding',
  'optimiser',
  'training step',
  'roll-out',
  'binner',
] as const;
export type GroupName = (typeof GROUPS)[number];

/** One device's share of the work: a worker each, so that what one leaves behind is gone before the next begins. */
export interface Job {
  readonly device: DeviceName;
  readonly groups: readonly GroupName[];
  readonly quick: boolean;
}

export type Asked = { readonly kind: 'look' } | { readonly kind: 'measure'; readonly job: Job };

/** What the worker sees of the machine. */
export interface Sight {
  readonly tfjs: string;
  readonly gpu: { readonly name: string; readonly info: GpuInfo } | { readonly missing: string };
  /** Empty, or why kernels run on one thread. */
  readonly noThreads: string;
}

export interface PageRow extends BenchRow {
  readonly device: DeviceName;
  /** Half of the samples lie between these. */
  readonly quartilesMs: readonly [number, number] | null;
  /** Of the peer's results from ours; null on our own rows, and where nothing is compared. */
  readonly difference: number | null;
  /** Kernel memory, or memory of the GPU, in use while it ran; null where it is not told. */
  readonly bytes: number | null;
}

export type Said =
  | { readonly kind: 'sight'; readonly sight: Sight }
  | { readonly kind: 'doing'; readonly what: string }
  | { readonly kind: 'row'; readonly row: PageRow }
  | { readonly kind: 'group'; readonly group: GroupName }
  | { readonly kind: 'end' }
  | { readonly kind: 'fault'; readonly message: string };
