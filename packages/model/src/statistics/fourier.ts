// Spectra of real signals by segments (Welch 1967): Hann windows, half overlapping, the segment's mean taken out. One complex
// transform of fft.js each; its table of sines is filled anew, so that no figure depends on the engine's own.
import FFT from 'fft.js';
import { cos, sin } from '../engine/elementary.ts';

const PI = 3.141592653589793;

/** Transforms segments of one length. */
export class SegmentTransform {
  readonly size: number;
  /** Frequencies 0 ... size / 2. */
  readonly bins: number;
  private readonly fft: FFT;
  private readonly window: Float64Array;
  private readonly windowed: Float64Array;

  /** `size` is a power of two from 4 on. */
  constructor(size: number) {
    this.size = size;
    this.bins = size / 2 + 1;
    this.fft = new FFT(size);
    const table = this.fft.table as number[];
    for (let i = 0; i < table.length; i += 2) {
      table[i] = cos((PI * i) / size);
      table[i + 1] = -sin((PI * i) / size);
    }
    // The periodic form: what a transform continues, not what a filter is made of.
    this.window = Float64Array.from({ length: size }, (_, i) => 0.5 - 0.5 * cos((2 * PI * i) / size));
    this.windowed = new Float64Array(size);
  }

  /** Sum of the squared window: power over sum and rate is a density. */
  get windowPower(): number {
    return this.window.reduce((sum, w) => sum + w * w, 0);
  }

  /** (2 * size) real and imaginary parts in turn, of which the first 2 * bins are filled. */
  transform(signal: Float64Array, start: number): Float64Array {
    const { size, window, windowed } = this;
    let mean = 0;
    for (let i = 0; i < size; i++) mean += signal[start + i];
    mean /= size;
    for (let i = 0; i < size; i++) windowed[i] = window[i] * (signal[start + i] - mean);
    const out = new Float64Array(2 * size);
    this.fft.realTransform(out, windowed);
    return out;
  }
}

/** Power of two whose segments last at least so many seconds; 0 where no segment of 4 bins does. */
export function segmentSize(seconds: number, binMilliseconds: number): number {
  let size = 4;
  while (size * binMilliseconds < seconds * 1000) size *= 2;
  return size;
}

/** Visits the starts of half-overlapping segments that fit into each span, with their rows. */
export function forEachSegment(
  spanLengths: readonly number[],
  size: number,
  visit: (span: number, start: number, row: number) => void,
): void {
  let passed = 0;
  spanLengths.forEach((length, span) => {
    for (let start = 0; start + size <= length; start += size / 2) visit(span, start, passed + start);
    passed += length;
  });
}
