// The suites that every WebGPU host runs, on Dawn: each row becomes a test. With SPIKEBRIDGE_GPU_ROWS the lines go to a file too.
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { testGpu } from '../../../cli/test/webgpu/device.ts';
import type { Line, Row } from '../../test-host/rows.ts';
import { runSuite } from '../../test-host/suite.ts';

const file = process.env['SPIKEBRIDGE_GPU_ROWS'];
const say = (line: Line): void => {
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(line)}\n`);
};

const recordings = process.env['SPIKEBRIDGE_DATA'] ?? join(import.meta.dirname, '../../../../data');
const invitro = join(recordings, 'spikes/shimono_i2i/invitro_210511001/asdf_bh.mat');

const { device, info } = await testGpu();
say({ kind: 'host', runtime: `Node ${process.versions.node}`, info });
const rows: Row[] = [];
await runSuite(
  device,
  info,
  (row) => {
    rows.push(row);
    say({ kind: 'row', row });
  },
  {
    recording: existsSync(invitro) ? new Uint8Array(readFileSync(invitro)) : null,
    thorough: process.env['SPIKEBRIDGE_THOROUGH'] === '1',
  },
);
say({ kind: 'end' });

describe.each([...new Set(rows.map(({ suite }) => suite))])('%s', (suite) => {
  it.for(rows.filter((row) => row.suite === suite))('$name', (row, { skip }) => {
    const { pass, skipped, worst, tolerance, message } = row;
    if (skipped === true) skip(message);
    expect(pass, `worst ${String(worst)}, tolerance ${String(tolerance)}: ${message}`).toBe(true);
  });
});
