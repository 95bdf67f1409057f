// The table of op by host: from the rows that lanes keep as build/webgpu/HOST.json to build/webgpu/conformance.json and .md.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, writeWhole } from './project.mjs';

/** Columns of the table, each the name of a file of rows. */
export const HOSTS = ['wasm', 'dawn', 'deno', 'chromium'];

export const rowsFolder = join(root, 'build', 'webgpu');

/**
 * @typedef {import('./gpu-rows.mjs').Row} Row
 * @typedef {{ runtime: string | null, info: Record<string, unknown> | null, made?: string, ended: boolean, rows: Row[] }} Kept what keepRows writes
 * @typedef {{ op: string, cases: number }} OpSize an op and how many cases the suite has of it
 * @typedef {{ cases: number, agree: number, worst: number | null }} Cell cases that were run, how many agree, and the largest error
 *   as a fraction of its case's tolerance (null: a case gave no finite result)
 * @typedef {{ host: string, runtime: string | null, device: string, made: string | null, ended: boolean }} HostRun
 * @typedef {{ schema: string, hosts: HostRun[], ops: (OpSize & { hosts: Record<string, Cell | null> })[] }} Table null: not run
 */

/** Ops in the order of the suite. @param {readonly { op: string }[]} cases @returns {OpSize[]} */
export function opSizes(cases) {
  const sizes = new Map();
  for (const { op } of cases) sizes.set(op, (sizes.get(op) ?? 0) + 1);
  return [...sizes].map(([op, count]) => ({ op, cases: count }));
}

/**
 * Rows of other suites (whole nets, shaders) are left aside; a host without a row of an op did not run it.
 * @param {Record<string, Kept | undefined>} kept by host
 * @param {readonly OpSize[]} sizes
 * @returns {Table}
 */
export function conformanceTable(kept, sizes) {
  return {
    schema: 'spikebridge.conformance-table/1',
    hosts: HOSTS.map((host) => runOf(host, kept[host])),
    ops: sizes.map(({ op, cases }) => ({
      ...{ op, cases },
      hosts: Object.fromEntries(HOSTS.map((host) => [host, cellOf(kept[host]?.rows ?? [], op)])),
    })),
  };
}

/** @returns {HostRun} */
function runOf(host, kept) {
  const { runtime = null, info = null, made = null, ended = false } = kept ?? {};
  const named = ['vendor', 'architecture', 'device'].map((field) => info?.[field]).filter(Boolean);
  return { host, runtime, device: info?.description || named.join(' '), made, ended };
}

/** @param {Row[]} rows @param {string} op @returns {Cell | null} */
function cellOf(rows, op) {
  const own = rows.filter((row) => row.suite === op && row.skipped !== true);
  if (own.length === 0) return null;
  // An error that is not finite is null in JSON.
  const fractions = own.map(({ worst, tolerance }) => (worst === null ? Infinity : worst / tolerance));
  const worst = Math.max(...fractions);
  return {
    cases: own.length,
    agree: own.filter(({ pass }) => pass).length,
    worst: Number.isFinite(worst) ? worst : null,
  };
}

/** @param {Table} table */
export function conformanceMarkdown({ hosts, ops }) {
  const cells = (op) => HOSTS.map((host) => describeCell(op.hosts[host], op.cases));
  return [
    '# Conformance, op by host',
    '',
    'Each case of an op against the float64 reference. A cell says how many of the cases that were run agree, and the largest error',
    'as a fraction of the tolerance derived for its case: above 1 is a failure.',
    '',
    ...markdownTable(
      ['op', 'cases', ...HOSTS],
      [...ops, total(ops)].map((op) => [op.op, String(op.cases), ...cells(op)]),
    ),
    '',
    ...markdownTable(
      ['host', 'runtime', 'device', 'rows of', 'came to its end'],
      hosts.map(({ host, runtime, device, made, ended }) =>
        runtime === null
          ? [host, 'not run', '', '', '']
          : [host, runtime, device, made ?? 'unknown', ended ? 'yes' : 'no'],
      ),
    ),
    '',
  ].join('\n');
}

/** All ops as one row. */
function total(ops) {
  const sum = (values) => values.reduce((all, value) => all + value, 0);
  const together = (host) => {
    const found = ops.map(({ hosts }) => hosts[host]).filter((cell) => cell !== null);
    if (found.length === 0) return null;
    return {
      cases: sum(found.map(({ cases }) => cases)),
      agree: sum(found.map(({ agree }) => agree)),
      worst: found.some(({ worst }) => worst === null) ? null : Math.max(...found.map(({ worst }) => worst)),
    };
  };
  return {
    op: 'all',
    cases: sum(ops.map(({ cases }) => cases)),
    hosts: Object.fromEntries(HOSTS.map((host) => [host, together(host)])),
  };
}

/** @param {Cell | null} cell @param {number} size how many cases the suite has */
function describeCell(cell, size) {
  if (cell === null) return 'not run';
  const { cases, agree, worst } = cell;
  const left = cases === size ? '' : ` (of ${size})`;
  const error = worst === null ? 'not finite' : worst === 0 ? '0' : worst.toPrecision(2);
  return `${agree}/${cases}${left}, ${error}`;
}

function markdownTable(header, rows) {
  const line = (row) => `| ${row.map((text) => text.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(header), `|${'---|'.repeat(header.length)}`, ...rows.map(line)];
}

/** What lanes kept in a folder, by host; undefined where a host never ran. */
function readKept(folder) {
  const read = (path) => (existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined);
  return Object.fromEntries(HOSTS.map((host) => [host, read(join(folder, `${host}.json`))]));
}

/**
 * Writes conformance.json and conformance.md into the folder that holds the rows.
 * @param {readonly { op: string }[]} cases every case of the suite
 * @returns {string} path of conformance.md
 */
export function writeConformance(cases, folder = rowsFolder) {
  const table = conformanceTable(readKept(folder), opSizes(cases));
  const path = join(folder, 'conformance.md');
  writeWhole(join(folder, 'conformance.json'), `${JSON.stringify(table, undefined, 1)}\n`);
  writeWhole(path, conformanceMarkdown(table));
  return path;
}
