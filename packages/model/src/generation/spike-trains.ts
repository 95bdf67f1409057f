// Sampled bins gathered as a recording: one tick a bin, so that binning it again at the same width gives back the same bits.
import { clockOf } from '../formats/clock.ts';
import type { Recording, UnitInfo } from '../recording/types.ts';

export class SpikeTrains {
  readonly #trains: readonly number[][];
  #bins = 0;

  constructor(units: number) {
    this.#trains = Array.from({ length: units }, () => []);
  }

  /** Bins taken so far. */
  get bins(): number {
    return this.#bins;
  }

  /** Spikes so far. Memory grows with them and with nothing else. */
  get spikes(): number {
    return this.#trains.reduce((sum, train) => sum + train.length, 0);
  }

  /** Bin `bin` of the units, (wordsPerBin); bins come in order. */
  take(bin: number, words: Uint32Array): void {
    for (let w = 0; w < words.length; w++) {
      for (let bits = words[w]; bits !== 0; bits &= bits - 1) {
        this.#trains[32 * w + 31 - Math.clz32(bits & -bits)].push(bin);
      }
    }
    this.#bins = bin + 1;
  }

  /** The columns named, in the order given. A spike stands at the start of its bin and time 0 at the first sampled bin. */
  recording(
    name: string,
    units: readonly { readonly column: number; readonly unit: UnitInfo }[],
    binMilliseconds: number,
  ): Recording {
    const columns = units.map(({ column, unit }) => ({ unit, train: this.#trains[column] }));
    const offsets = new Uint32Array(columns.length + 1);
    columns.forEach(({ train }, i) => (offsets[i + 1] = offsets[i] + train.length));
    const times = new Float64Array(offsets[columns.length]);
    columns.forEach(({ train }, i) => times.set(train, offsets[i]));
    return {
      name,
      format: 'generated',
      clock: clockOf(1000 / binMilliseconds),
      units: columns.map(({ unit }) => unit),
      times,
      offsets,
      observed: [{ start: 0, stop: this.#bins }],
      assumptions: ['Sampled from a model; a spike stands at the start of its bin.'],
      warnings: [],
    };
  }
}
