// The binner's problem on any host: spikes as a sorter lists them, and the loop that a JavaScript author writes.

export const FS = 30000;
export const UNITS = 128;
/** 32-bit words of a packed bin. */
export const ROW = UNITS / 32;

export interface SpikeList {
  readonly samples: Uint32Array;
  readonly units: Uint16Array;
}

/** UNITS units at 10 Hz, with the unit of each spike beside it; `sorted` by sample, as a spike sorter writes them. */
export function spikes(seconds: number, sorted: boolean): SpikeList {
  const n = UNITS * seconds * 10;
  const samples = new Uint32Array(n);
  const units = new Uint16Array(n);
  // A fixed linear congruential generator: the same spikes in every run and in numpy's file.
  let state = 12345;
  const draw = (): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  for (let i = 0; i < n; i++) samples[i] = Math.floor(draw() * seconds * FS);
  if (sorted) samples.sort();
  for (let i = 0; i < n; i++) units[i] = Math.floor(draw() * UNITS);
  return { samples, units };
}

/** The plain loop, packed: `words` is (bins, ROW). */
export function plainPacked({ samples, units }: SpikeList, bins: number, words: Uint32Array): void {
  for (let i = 0; i < samples.length; i++) {
    const bin = Math.floor((samples[i] * 1000) / FS);
    if (bin >= bins) continue;
    const unit = units[i];
    words[bin * ROW + (unit >> 5)] |= 1 << (unit & 31);
  }
}

/** The plain loop, one byte a cell: `bytes` is (bins, UNITS). */
export function plainBytes({ samples, units }: SpikeList, bins: number, bytes: Uint8Array): void {
  for (let i = 0; i < samples.length; i++) {
    const bin = Math.floor((samples[i] * 1000) / FS);
    if (bin >= bins) continue;
    bytes[bin * UNITS + units[i]] = 1;
  }
}
