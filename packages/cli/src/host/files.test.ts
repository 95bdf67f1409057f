// Files on disk: range reads, whole or absent outputs, .npy headers.
import {
  existsSync,
  mkdtempSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { pendingFile, refuseToOverwrite, removeTemporaries, writeTogether, writeWhole } from './files.ts';
import { hostError, nodeLocation } from './location.ts';
import { npyFile } from './npy.ts';
import { nodeRunStore } from './run-store.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'spikebridge-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const inFolder = (name: string) => join(folder, name);

describe('locations', () => {
  test('ranges of a file, shorter only at its end', () => {
    writeFileSync(
      inFolder('a.bin'),
      Uint8Array.from({ length: 100 }, (_, i) => i),
    );
    const source = nodeLocation(inFolder('a.bin')).open();
    expect(source.size).toBe(100);
    expect([...source.read(10, 3)]).toEqual([10, 11, 12]);
    expect([...source.read(98, 10)]).toEqual([98, 99]);
    expect(source.read(200, 10)).toHaveLength(0);
    source.close();
    source.close();
  });

  test('a folder lists its files, one level, in order', () => {
    writeFileSync(inFolder('b'), '');
    writeFileSync(inFolder('a'), '');
    mkdirSync(inFolder('deeper'));
    const location = nodeLocation(folder);
    expect(location.kind).toBe('folder');
    expect(location.list()).toEqual(['a', 'b']);
    expect(location.open('a').name).toBe('a');
  });

  test('a sibling is a file beside a file, and only that', () => {
    writeFileSync(inFolder('a'), '');
    writeFileSync(inFolder('b'), 'bb');
    const location = nodeLocation(inFolder('a'));
    expect(location.sibling?.('b')?.size).toBe(2);
    expect(location.sibling?.('c')).toBeUndefined();
    expect(nodeLocation(folder).sibling?.('a')).toBeUndefined();
  });

  test('what is missing is said so', () => {
    expect(() => nodeLocation(inFolder('none'))).toThrow(
      expect.objectContaining({ code: 'E_FILE_MISSING', exitCode: 2 }),
    );
    expect(hostError('x', Object.assign(new Error('no'), { code: 'EACCES' }))).toMatchObject({
      code: 'E_FILE_ACCESS',
    });
    expect(hostError('x', Object.assign(new Error('no'), { code: 'ENOSPC' }))).toMatchObject({
      code: 'E_DISK_FULL',
    });
  });

  test('a file where a folder is needed is named, and left alone', async () => {
    writeFileSync(inFolder('taken'), 'mine');
    const wrong: unknown = expect.objectContaining({
      code: 'E_FILE_KIND',
      where: inFolder('taken'),
      exitCode: 2,
    });
    await expect(nodeRunStore(inFolder('taken')).list('')).rejects.toEqual(wrong);
    expect(() => writeWhole(inFolder('taken/out.txt'), 'one')).toThrow(
      expect.objectContaining({ code: 'E_FILE_KIND' }),
    );
    expect(readFileSync(inFolder('taken'), 'utf8')).toBe('mine');
  });
});

describe('outputs', () => {
  test('appear only when finished, and replace what was there', () => {
    writeWhole(inFolder('deep/er/out.txt'), 'one');
    const file = pendingFile(inFolder('deep/er/out.txt'));
    file.write(new TextEncoder().encode('two'));
    expect(readFileSync(inFolder('deep/er/out.txt'), 'utf8')).toBe('one');
    file.finish();
    expect(readFileSync(inFolder('deep/er/out.txt'), 'utf8')).toBe('two');
    expect(readdirSync(inFolder('deep/er'))).toEqual(['out.txt']);
  });

  test('leave nothing behind when abandoned', () => {
    const file = pendingFile(inFolder('out.txt'));
    file.write(new Uint8Array(10));
    file.abandon();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('are not replaced without --force', () => {
    writeWhole(inFolder('out.txt'), 'one');
    expect(() => refuseToOverwrite(inFolder('out.txt'), false)).toThrow(
      expect.objectContaining({ code: 'E_OUTPUT_EXISTS' }),
    );
    refuseToOverwrite(inFolder('out.txt'), true);
    refuseToOverwrite(inFolder('other.txt'), false);
  });
});

describe('files that belong together', () => {
  const set = (text: string) =>
    new Map(['first', 'second'].map((name) => [name, new TextEncoder().encode(`${name} ${text}`)]));
  const held = () =>
    readdirSync(inFolder('set'))
      .filter((name) => !statSync(inFolder(`set/${name}`)).isDirectory())
      .map((name) => readFileSync(inFolder(`set/${name}`), 'utf8'));

  test('replace one another, and nothing beside them', () => {
    writeTogether(inFolder('set'), set('old'));
    writeFileSync(inFolder('set/third'), 'mine');
    writeTogether(inFolder('set'), set('new'));
    expect(held()).toEqual(['first new', 'second new', 'mine']);
  });

  test('change nothing where one cannot be written', () => {
    writeTogether(inFolder('set'), set('old'));
    const files = set('new').set('nowhere/third', new Uint8Array(1));
    writeFileSync(inFolder('set/nowhere'), 'a file, not a folder');
    expect(() => writeTogether(inFolder('set'), files)).toThrow();
    expect(held()).toEqual(['first old', 'a file, not a folder', 'second old']);
  });

  test('are without the first where the change is cut short', () => {
    writeTogether(inFolder('set'), set('old'));
    rmSync(inFolder('set/second'));
    mkdirSync(inFolder('set/second'));
    // The second cannot take the place of a folder: by then the first is gone.
    expect(() => writeTogether(inFolder('set'), set('new'))).toThrow();
    expect(held()).toEqual([]);
    expect(readdirSync(inFolder('set'))).toEqual(['second']);
  });
});

describe('.npy', () => {
  test('rows follow the header; a missing row writes nothing', () => {
    const good = npyFile(inFolder('a.npy'), '<f4', 2, 2);
    good.write(Float32Array.of(1, 2));
    good.write(Float32Array.of(3, 4));
    expect(existsSync(inFolder('a.npy'))).toBe(false);
    good.finish();
    const bytes = readFileSync(inFolder('a.npy'));
    expect(bytes.length).toBe(128 + 16);
    expect([...new Float32Array(new Uint8Array(bytes.subarray(128)).buffer)]).toEqual([1, 2, 3, 4]);

    const short = npyFile(inFolder('b.npy'), '<f4', 2, 2);
    short.write(Float32Array.of(1, 2));
    expect(() => short.finish()).toThrow(expect.objectContaining({ code: 'E_NPY_ROWS' }));
    expect(readdirSync(folder)).toEqual(['a.npy']);
  });
});

test('temporaries of this process are swept away, finished files and those of others stay', () => {
  pendingFile(inFolder('torn.bin'));
  writeWhole(inFolder('whole.bin'), 'whole');
  writeFileSync(inFolder('.torn.bin.1.tmp'), 'of another process');
  removeTemporaries(folder);
  expect(readdirSync(folder).sort()).toEqual(['.torn.bin.1.tmp', 'whole.bin']);
  removeTemporaries(inFolder('nowhere'));
});
