// Plan: whatever goes wrong in a suite or with the device becomes a failed row, and the suites after it still run. On a device
// that only pretends: the real ones are the WebGPU lanes'.
import type { GpuInfo } from '@spikebridge/model';
import { describe, expect, it } from 'vitest';
import type { Row, Suite } from '../test-host/rows.ts';
import { shaderModules } from '../test-host/shader-modules.ts';
import { runSuite } from '../test-host/suite.ts';

type Listener = (event: { error: { message: string } }) => void;

class PretendDevice {
  readonly listeners = new Set<Listener>();
  lose: (info: { reason: string; message: string }) => void = () => undefined;
  readonly lost = new Promise<{ reason: string; message: string }>((resolve) => (this.lose = resolve));
  readonly queue = { onSubmittedWorkDone: () => Promise.resolve() };
  addEventListener(_: string, listener: Listener) {
    this.listeners.add(listener);
  }
  removeEventListener(_: string, listener: Listener) {
    this.listeners.delete(listener);
  }
  pushErrorScope() {
    this.scope = null;
  }
  popErrorScope() {
    return Promise.resolve(this.scope);
  }
  scope: { message: string } | null = null;
  createShaderModule({ code }: { code: string }) {
    if (code === 'refused silently') this.scope = { message: 'too large' };
    const type = code === 'bad' ? 'error' : 'warning';
    const messages =
      code === 'good' || code === 'refused silently'
        ? []
        : [{ type, lineNum: 2, linePos: 7, message: ' unheard of\n' }];
    return { getCompilationInfo: () => Promise.resolve({ messages }) };
  }
}

const fine: Row = { suite: 'fine', name: 'a', pass: true, worst: 0, tolerance: 0, message: '' };
const fineSuite: Suite = { name: 'fine', rows: () => [fine] };

async function run(suites: Suite[], device = new PretendDevice(), shaders = [{ name: 'one', code: 'good' }]) {
  const rows: Row[] = [];
  await runSuite(device as unknown as GPUDevice, {} as GpuInfo, (row) => rows.push(row), { suites, shaders });
  return rows;
}

const verdicts = (rows: readonly Row[]) =>
  rows.map(({ suite, name, pass }) => `${suite}/${name}: ${String(pass)}`);

describe('runSuite', () => {
  it('hands out rows and ends with the errors that nobody caught', async () => {
    const device = new PretendDevice();
    const noisy: Suite = {
      name: 'noisy',
      *rows() {
        for (const listener of device.listeners) listener({ error: { message: 'binding too small' } });
        yield { ...fine, suite: 'noisy' };
      },
    };
    expect(verdicts(await run([fineSuite]))).toEqual(['fine/a: true', 'device/no error went unheard: true']);
    const rows = await run([noisy, fineSuite], device);
    expect(verdicts(rows)).toEqual(['noisy/a: true', 'fine/a: true', 'device/no error went unheard: false']);
    expect(rows.at(-1)?.message).toBe('binding too small');
    expect(device.listeners.size).toBe(0);
  });

  it('turns an exception and a suite without rows into failed rows, and goes on', async () => {
    const throwing: Suite = {
      name: 'throwing',
      *rows() {
        yield { ...fine, suite: 'throwing' };
        throw new Error('out of memory');
      },
    };
    const rows = await run([throwing, { name: 'empty', rows: () => [] }, fineSuite]);
    expect(verdicts(rows)).toEqual([
      'throwing/a: true',
      'throwing/ran: false',
      'empty/ran: false',
      'fine/a: true',
      'device/no error went unheard: true',
    ]);
    expect(rows[1].message).toContain('out of memory');
    expect(rows[2].message).toBe('the suite has no rows');
  });

  it('does not wait for ever on a device that was lost', async () => {
    const device = new PretendDevice();
    device.queue.onSubmittedWorkDone = () => new Promise(() => undefined);
    const waiting: Suite = {
      name: 'waiting',
      async *rows() {
        device.lose({ reason: 'unknown', message: 'the driver reset' });
        yield await new Promise<Row>(() => undefined);
      },
    };
    const [row] = await run([waiting], device);
    expect(row).toMatchObject({ suite: 'waiting', pass: false });
    expect(row.message).toContain('the device was lost (unknown): the driver reset');
  });
});

it('shaderModules has a row a shader: errors and refusals fail, warnings are passed on', async () => {
  const shaders = ['good', 'bad', 'odd', 'refused silently'].map((code) => ({ name: code, code }));
  const rows = (await run([shaderModules], new PretendDevice(), shaders)).slice(0, -1);
  expect(rows.map(({ name, pass, message }) => [name, pass, message])).toEqual([
    ['good', true, ''],
    ['bad', false, 'bad:2:7: error: unheard of'],
    ['odd', true, 'odd:2:7: warning: unheard of'],
    ['refused silently', false, 'too large'],
  ]);
});
