// `export`: the net of a run, with the weights that predictions use, as files that other tools read.
import { readdirSync, statSync } from 'node:fs';
import { exportRun, SpikebridgeError } from '@spikebridge/model';
import { refuseToOverwrite, writeTogether, writeWhole } from '../host/files.ts';
import { hostCall } from '../host/location.ts';
import type { GlobalFlags } from '../options.ts';
import { formatBytes, Terminal } from '../terminal.ts';
import { openRun } from '../trained-run.ts';

export interface ExportFlags extends GlobalFlags {
  readonly run: string;
  readonly format: 'onnx' | 'safetensors';
  readonly out: string;
  readonly force?: boolean;
}

export async function exportNet(flags: ExportFlags): Promise<void> {
  const { format, out, force = false } = flags;
  checkOutput(format, out, force);
  const run = await openRun(flags.run);
  const { files, weights, description } = await exportRun(run, format);
  if (format === 'onnx') for (const bytes of files.values()) writeWhole(out, bytes);
  else writeTogether(out, files);
  const bytes = [...files.values()].reduce((sum, { length }) => sum + length, 0);
  const document = {
    schema: 'spikebridge.export/1',
    ...{ format, out, step: run.step, weights, bytes },
    config: description,
  };
  Terminal.of(flags).result(
    `${out}: ${format}, ${weights.toLocaleString('en')} weights of step ${run.step}, ${formatBytes(bytes)}\n` +
      '  what goes in and comes out: docs/interop.md',
    document,
  );
}

/** @throws SpikebridgeError E_OUTPUT_EXISTS, E_OUTPUT_KIND */
function checkOutput(format: ExportFlags['format'], out: string, force: boolean): void {
  const isFolder = hostCall(out, () => statSync(out, { throwIfNoEntry: false }))?.isDirectory();
  if (isFolder !== undefined && isFolder !== (format === 'safetensors'))
    throw new SpikebridgeError('E_OUTPUT_KIND', `the output is a ${isFolder ? 'folder' : 'file'}`, {
      where: out,
      fix: `name a ${isFolder ? 'file' : 'folder'}: --format ${format} writes one`,
      exitCode: 2,
    });
  // An empty folder is no output yet.
  if (isFolder !== true || readdirSync(out).length > 0) refuseToOverwrite(out, force);
}
