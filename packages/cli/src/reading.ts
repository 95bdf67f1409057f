// How another recording is read: with what the user says of it now. What was said of the training recording holds for that
// file alone, because a wrong tick length would be a silent guess.
import { resolve } from 'node:path';
import type { ReadOptions, RunFolder } from '@spikebridge/model';
import { dataRecord } from '@spikebridge/model';

/** Options to read `path`: those stated, else (for the file the run was trained on) those of the training. */
export function readingFor(
  runPath: string,
  folder: RunFolder,
  path: string,
  stated: ReadOptions,
): ReadOptions {
  if (Object.keys(stated).length > 0) return stated;
  const record = dataRecord(folder);
  const own = record.path !== null && resolve(runPath, record.path) === resolve(path);
  return own ? record.reading : {};
}
