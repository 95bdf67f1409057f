import { describe, expect, test } from 'vitest';
import { strToU8, zipSync } from 'fflate';
import { unzipRun, zipRun } from './run-zip.ts';

describe('a run folder as a zip', () => {
  test('comes back with every file, byte for byte, and its name', async () => {
    const files = new Map([
      ['config.resolved.yaml', strToU8('a: 1\n')],
      ['checkpoints/step-00000010/DONE', strToU8('10\n')],
      ['checkpoints/step-00000010/model.safetensors', Uint8Array.from({ length: 5000 }, (_, i) => i % 256)],
    ]);
    const back = await unzipRun(await zipRun('slice-small', files));
    expect(back.name).toBe('slice-small');
    expect(back.files).toEqual(files);
  });

  test('a zip of the files without their folder is taken too, and folders of their own are no files', async () => {
    const bytes = zipSync({ 'config.resolved.yaml': strToU8('a'), checkpoints: {} });
    const { name, files } = await unzipRun(bytes);
    expect(name).toBe('run');
    expect([...files.keys()]).toEqual(['config.resolved.yaml']);
  });

  test('what holds no run is refused, and so is what is no zip', async () => {
    await expect(unzipRun(zipSync({ 'a.txt': strToU8('a') }))).rejects.toMatchObject({ code: 'E_ZIP' });
    await expect(unzipRun(strToU8('no zip at all'))).rejects.toMatchObject({ code: 'E_ZIP' });
  });
});
