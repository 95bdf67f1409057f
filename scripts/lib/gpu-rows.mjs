// Rows of the WebGPU suites: from the lines that a host's entry prints to counts, to text for people, and to
// build/webgpu/HOST.json, from which conformance-table.mjs makes a table of op by host. What a line holds: packages/web/test-host/rows.ts.
import { join } from 'node:path';
import { root, run, writeWhole } from './project.mjs';

/**
 * @typedef {{ suite: string, name: string, pass: boolean, skipped?: true, worst: number | null, tolerance: number | null, message: string }} Row
 * @typedef {{ runtime: string | null, info: object | null, rows: Row[], ended: boolean, noise: string[] }} Report
 */

/** Lines of JSON among whatever else a runtime prints. @param {string} text @returns {Report} */
export function parseLines(text) {
  const report = { runtime: null, info: null, rows: [], ended: false, noise: [] };
  for (const line of text.split('\n').filter((one) => one.trim() !== '')) {
    const document = documentOf(line);
    if (document?.kind === 'host') Object.assign(report, { runtime: document.runtime, info: document.info });
    else if (document?.kind === 'row') report.rows.push(document.row);
    else if (document?.kind === 'end') report.ended = true;
    else report.noise.push(line);
  }
  return report;
}

function documentOf(line) {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/**
 * Each row is one test. A run that did not come to its end, ended badly or has no row is a failure more, whatever its rows say.
 * @param {Report} report
 * @param {number} code how the process ended
 */
export function countRows({ rows, ended }, code) {
  const skipped = rows.filter((row) => row.skipped === true).length;
  const passed = rows.filter((row) => row.pass && row.skipped !== true).length;
  const failed = rows.length - passed - skipped;
  const broken = !ended || code !== 0 || rows.length === 0;
  return { passed, failed: failed + (broken ? 1 : 0), skipped, broken };
}

/** A failed row as a person reads it. @param {Row} row */
export function describeRow({ suite, name, worst, tolerance, message }) {
  const measured = worst === null && tolerance === null ? '' : `, worst ${worst}, tolerance ${tolerance}`;
  return `${suite}: ${name}${measured}: ${message}`;
}

/** Keeps a report as build/webgpu/HOST.json. @param {string} host @param {Report} report @returns {string} the path */
export function keepRows(host, { runtime, info, rows, ended }) {
  const path = join(root, 'build', 'webgpu', `${host}.json`);
  const made = new Date().toISOString();
  const document = { schema: 'spikebridge.webgpu-rows/1', host, runtime, info, made, ended, rows };
  writeWhole(path, `${JSON.stringify(document, undefined, 1)}\n`);
  return path;
}

/**
 * Runs a host's entry to its end or to its limit.
 * @param {string} host
 * @param {string[]} command
 * @param {{ env?: Record<string, string>, limitSeconds: number }} options
 */
export async function runRows(host, [command, ...args], { env, limitSeconds }) {
  const { code, stdout, stderr, seconds } = await run(command, args, { env, limitSeconds });
  const report = parseLines(stdout);
  const counts = countRows(report, code);
  const path = keepRows(host, report);
  const lines = report.rows.filter(({ pass }) => !pass).map(describeRow);
  if (counts.broken) {
    const last = report.rows.at(-1);
    const where = last === undefined ? 'before its first row' : `after "${last.suite}: ${last.name}"`;
    lines.push(report.ended ? `${host} ended with ${code}` : `${host} ended with ${code}, ${where}`);
    lines.push(...report.noise.slice(-10), ...stderr.trim().split('\n').slice(-20));
  }
  const skipped = report.rows.filter((row) => row.skipped === true).map(describeRow);
  return { counts, seconds, skipped, output: [...lines, `all rows: ${path}`].join('\n') };
}
