// The recording that the training suite of every WebGPU host learns from.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dataFolder } from './project.mjs';

/** @returns {Uint8Array | null} null where the recordings of docs/data.md are not here */
export function invitroRecording() {
  const path = join(dataFolder() ?? '', 'spikes/shimono_i2i/invitro_210511001/asdf_bh.mat');
  return existsSync(path) ? new Uint8Array(readFileSync(path)) : null;
}
