// Plan: one process has a job at a time; a dead process, a number given to another process, and a machine that has gone silent hold
// nobody up; a living one elsewhere does; giving back leaves nothing.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { claimWhenFree, isClaimed, tryClaim } from './claims.ts';

let folder = '';
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'spikebridge-claims-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const JOB = 'judged/a.bce.1-0123';
const files = () => readdirSync(join(folder, 'claims')).sort();
interface Content {
  place: string;
  pid: number;
  started: string | null;
}
/** Changes the claim as if another process had written it. */
function rewrite(change: (content: Content) => Content): string {
  const path = join(folder, 'claims', files().at(-1) ?? '');
  writeFileSync(path, JSON.stringify(change(JSON.parse(readFileSync(path, 'utf8')) as Content)));
  return path;
}

describe('claims', () => {
  it('give a job to one process at a time, and other jobs meanwhile', () => {
    const first = tryClaim(folder, JOB);
    expect(first).toBeDefined();
    expect(isClaimed(folder, JOB)).toBe(true);
    expect(tryClaim(folder, JOB)).toBeUndefined();
    // A job whose id begins alike is another job.
    expect(isClaimed(folder, `${JOB}4`)).toBe(false);
    const other = tryClaim(folder, `${JOB}4`);
    expect(other).toBeDefined();
    first?.release();
    other?.release();
    expect(files()).toEqual([]);
    expect(tryClaim(folder, JOB)).toBeDefined();
  });

  it('of a dead process count for nothing, and are cleared by whoever takes over', () => {
    tryClaim(folder, JOB);
    // A process that has ended: its number is free, or another's.
    const dead = spawnSync(process.execPath, ['-e', '']).pid;
    rewrite((content) => ({ ...content, pid: dead }));
    expect(isClaimed(folder, JOB)).toBe(false);
    const taken = tryClaim(folder, JOB);
    expect(taken).toBeDefined();
    expect(isClaimed(folder, JOB)).toBe(true);
    expect(files()).toHaveLength(2);
    taken?.release();
    expect(files()).toEqual([]);
  });

  it('of a number that now belongs to a younger process count for nothing', () => {
    tryClaim(folder, JOB);
    rewrite((content) => ({ ...content, started: '1' }));
    expect(isClaimed(folder, JOB)).toBe(false);
  });

  it('of another machine count as long as it gives signs of life', () => {
    tryClaim(folder, JOB);
    const path = rewrite((content) => ({ ...content, place: 'elsewhere' }));
    expect(isClaimed(folder, JOB)).toBe(true);
    const ago = (seconds: number) =>
      utimesSync(path, Date.now() / 1000 - seconds, Date.now() / 1000 - seconds);
    ago(100);
    expect(isClaimed(folder, JOB)).toBe(true);
    ago(130);
    expect(isClaimed(folder, JOB)).toBe(false);
  });

  it('name neither machine nor user', () => {
    tryClaim(folder, JOB);
    const content = JSON.parse(readFileSync(join(folder, 'claims', files()[0]), 'utf8')) as Content;
    expect(content.place).toMatch(/^[0-9a-f]{16}$/);
    expect(Object.keys(content).sort()).toEqual(['pid', 'place', 'started']);
  });

  it('are waited for, until they are given back or the wait is broken off', async () => {
    const first = tryClaim(folder, JOB);
    const waits: string[] = [];
    const waiting = claimWhenFree(folder, JOB, {
      signal: new AbortController().signal,
      onWait: () => waits.push('waits'),
    });
    await new Promise((done) => setTimeout(done, 50));
    first?.release();
    const second = await waiting;
    expect(second).toBeDefined();
    expect(waits).toEqual(['waits']);
    const stop = new AbortController();
    const third = claimWhenFree(folder, JOB, { signal: stop.signal, onWait: () => stop.abort() });
    expect(await third).toBeUndefined();
    second?.release();
  });
});
