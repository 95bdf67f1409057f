// Floors cost minutes and depend on the source alone: they are fitted once and kept beside the runs, under the hash of
// everything they were made from.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { FittedFloors, MatMulHost, RunConfig } from '@spikebridge/model';
import { canonicalJson, fitFloors, floorsFromBytes, floorsToBytes } from '@spikebridge/model';
import { writeWhole } from './host/files.ts';
import { hostCall } from './host/location.ts';
import type { Prepared } from './prepared.ts';
import type { Terminal } from './terminal.ts';

/** Raised whenever floors are fitted differently. */
const FLOORS_VERSION = 1;

export interface FloorsRequest {
  readonly run: string;
  readonly source: Prepared;
  readonly fingerprint: string;
  readonly config: RunConfig;
  readonly host: MatMulHost;
  readonly terminal: Terminal;
}

/** Every floor of a source: read back, or fitted and kept. */
export function floorsOf(request: FloorsRequest): FittedFloors {
  const { source, terminal } = request;
  const base = join(dirname(resolve(request.run)), '.floors', cacheKey(request));
  const [jsonPath, dataPath] = [`${base}.json`, `${base}.bin`];
  // The description is written last: with it there, the data is whole.
  if (existsSync(jsonPath) && existsSync(dataPath)) {
    terminal.note('floors: fitted earlier on the same data, read back');
    const bytes = hostCall(dataPath, () => readFileSync(dataPath));
    const data = new Float32Array(new Uint8Array(bytes).buffer);
    return floorsFromBytes(readFileSync(jsonPath, 'utf8'), data);
  }
  const started = performance.now();
  let said = '';
  const floors = fitFloors({
    raster: source.raster,
    split: spansOf(source),
    host: request.host,
    onProgress: ({ floor, message }) => {
      if (floor !== said) terminal.note(`floors: ${message.split(':')[0]}`);
      said = floor;
    },
  });
  terminal.note(`floors: fitted in ${((performance.now() - started) / 1000).toFixed(0)} s`);
  const { json, data } = floorsToBytes(floors);
  writeWhole(dataPath, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  writeWhole(jsonPath, json);
  return floors;
}

/** The parts of a source as evaluation wants them. */
export const spansOf = ({ split }: Prepared) => ({
  train: split.train.spans,
  validation: split.validation.spans,
  test: split.test.spans,
});

function cacheKey({ fingerprint, config, source }: FloorsRequest): string {
  const made = {
    version: FLOORS_VERSION,
    fingerprint,
    data: config.data,
    context: config.training.context,
    slots: [...source.selection.slots],
  };
  return createHash('sha256').update(canonicalJson(made)).digest('hex').slice(0, 32);
}
