// The block that a visitor pastes: what was measured, on what, and by which versions. Text alone; no host name, no user name.
import type { GpuInfo } from '@spikebridge/model';
import { milliseconds, tableCell, timesOurs } from '../src/figures.ts';
import type { PageRow } from './job.ts';

/** What the figures are worth nothing without. */
export interface Setting {
  readonly spikebridge: string;
  readonly tfjs: string;
  /** Null where the build knew of none. */
  readonly commit: string | null;
  /** ISO date and time (UTC). */
  readonly date: string;
  readonly browser: string;
  readonly os: string;
  readonly cores: number;
  readonly memoryGiB: number | null;
  readonly gpu: { readonly name: string; readonly info: GpuInfo } | { readonly missing: string };
  readonly quick: boolean;
  /** Stopped before the end. */
  readonly partial: boolean;
}

/** Of the adapter's limits, those that decide what fits and what is fast. */
const LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupStorageSize',
] as const;

function gpuLine({ gpu }: Setting): string {
  if ('missing' in gpu) return `GPU: none (${gpu.missing})`;
  const { vendor, architecture, device, description, software, limits } = gpu.info;
  const told = Object.entries({ vendor, architecture, device, description })
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name} ${value}`);
  const most = LIMITS.filter((name) => name in limits).map((name) => `${name} ${limits[name]}`);
  return `GPU: ${[...told, ...(software ? ['SOFTWARE adapter'] : []), ...most].join(', ')}`;
}

/** Difference with two figures, `0` for none. */
export const differenceText = (value: number | null): string =>
  value === null ? '-' : value === 0 ? '0' : value.toExponential(1);

/** Cells of a row, in the order of `COLUMNS`. */
export const COLUMNS = [
  'device',
  'what',
  'shape',
  'who',
  'median, ms',
  'middle half, ms',
  'times ours',
  'difference',
  'memory, MiB',
  'note',
] as const;

export function cellsOf(row: PageRow): readonly string[] {
  return [
    row.device,
    row.what,
    row.shape,
    row.peer,
    milliseconds(row.medianMs),
    row.quartilesMs === null ? '-' : row.quartilesMs.map(milliseconds).join(' to '),
    timesOurs(row.ratio),
    differenceText(row.difference),
    row.bytes === null ? '-' : (row.bytes / 2 ** 20).toFixed(1),
    row.skipped === undefined ? row.note : `skipped: ${row.skipped}`,
  ];
}

/** Fenced, so that it stays as it is wherever it is pasted. */
export function pasteBlock(setting: Setting, rows: readonly PageRow[]): string {
  const { spikebridge, tfjs, commit, date, browser, os, cores, memoryGiB, quick, partial } = setting;
  const memory = memoryGiB === null ? '' : `, ${memoryGiB} GiB or more`;
  const line = (cells: readonly string[]): string => `| ${cells.map(tableCell).join(' | ')} |`;
  return [
    '```markdown',
    `Spikebridge benchmark page, ${quick ? 'quick: small shapes, few samples' : 'full'}${partial ? ', stopped before the end' : ''}, ${date}`,
    '',
    `- Spikebridge ${spikebridge}, ${commit === null ? 'commit not known' : `commit ${commit}`}; tfjs ${tfjs}`,
    `- ${browser} on ${os}, ${cores} cores${memory}`,
    `- ${gpuLine(setting)}`,
    '',
    line(COLUMNS),
    line(COLUMNS.map(() => '---')),
    ...rows.map((row) => line(cellsOf(row))),
    '```',
    '',
  ].join('\n');
}

/** The same for programs. */
export const jsonReport = (setting: Setting, rows: readonly PageRow[]): string =>
  `${JSON.stringify({ schema: 'spikebridge.bench-page/1', setting, rows }, null, 2)}\n`;
