// Plan: a run sampled with --device webgpu gives the trains that the CPU gives (a draw between two roundings aside, and there is none here),
// says where it was drawn, and refuses what a GPU does not do.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { json, periodicCsv, run } from '../harness.ts';
import { TINY_RUN } from '../kill.ts';

describe('generate --device webgpu', () => {
  const folder = mkdtempSync(join(tmpdir(), 'spikebridge-rollout-'));
  const at = (name: string) => join(folder, name);
  const asked = (out: string, ...more: string[]) => [
    ...['generate', '--run', at('run'), '--prompt', 'silent', '--bins', '300', '--out', at(out), ...more],
  ];
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  beforeAll(async () => {
    writeFileSync(at('trains.csv'), periodicCsv({ units: 3, seconds: 20 }));
    await json(['train', '--data', at('trains.csv'), '--out', at('run'), ...TINY_RUN]);
  });

  it('draws the same trains, and says where', async () => {
    const cpu = (await json(asked('cpu.npz'))) as { spikes: number };
    const gpu = (await json(asked('gpu.npz', '--device', 'webgpu'))) as { spikes: number; device: string };
    expect(gpu.device).toMatch(/^webgpu: /);
    expect(gpu.spikes).toBe(cpu.spikes);
    expect(gpu.spikes).toBeGreaterThan(0);
    expect(readFileSync(at('gpu.npz')).equals(readFileSync(at('cpu.npz')))).toBe(true);
  });

  it('refuses to match rates there', async () => {
    const refused = await run(asked('none.npz', '--device', 'webgpu', '--match-rates'));
    expect(refused.stderr).toMatch(/^error E_DEVICE: --device: rates are matched on the CPU only/m);
    expect(refused.code).toBe(2);
  });
});
