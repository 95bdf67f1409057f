// The suites that every WebGPU host runs, on Dawn: each row becomes a test. With SPIKEBRIDGE_GPU_ROWS the lines go to a file too.
import { appendFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { testGpu } from '../../../cli/test/webgpu/device.ts';
import type { Line, Row } from '../../test-host/rows.ts';
import { runSuite } from '../../test-host/suite.ts';
import { invitroRecording } from '../../../../scripts/lib/gpu-recording.mjs';

const file = process.env['SPIKEBRIDGE_GPU_ROWS'];
const say = (line: Line): void => {
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(line)}\n`);
};

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
  { recording: invitroRecording() },
);
say({ kind: 'end' });

describe.each([...new Set(rows.map(({ suite }) => suite))])('%s', (suite) => {
  it.each(rows.filter((row) => row.suite === suite))('$name', (row, { skip }) => {
    const { pass, skipped, worst, tolerance, message } = row;
    if (skipped === true) skip(message);
    expect(pass, `worst ${String(worst)}, tolerance ${String(tolerance)}: ${message}`).toBe(true);
  });
});
