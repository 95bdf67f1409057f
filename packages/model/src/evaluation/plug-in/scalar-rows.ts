// Scalars kept row by row, so that a table's edges and its counts come from one walk over a recording.
import { HAZARD, type ScalarSource } from './scalar-source.ts';

/** Rows of scalars in the order in which they came; memory grows by doubling. */
export class ScalarRows {
  readonly #width: number;
  #values = new Float32Array(0);
  #units = new Uint16Array(0);
  #classes = new Uint8Array(0);
  #rows = 0;

  /** `width`: scalars a row. */
  constructor(width: number) {
    this.#width = width;
  }

  /** Keeps what stands before the visited bin of a unit. */
  push(reader: ScalarSource, unit: number): void {
    const width = this.#width;
    if (this.#rows === this.#units.length) {
      const room = Math.max(1024, 2 * this.#rows);
      const values = new Float32Array(room * width);
      values.set(this.#values);
      const units = new Uint16Array(room);
      units.set(this.#units);
      const classes = new Uint8Array(room);
      classes.set(this.#classes);
      this.#values = values;
      this.#units = units;
      this.#classes = classes;
    }
    const at = this.#rows * width;
    for (let scalar = 0; scalar < width; scalar++) this.#values[at + scalar] = reader.value(scalar, unit);
    this.#units[this.#rows] = unit;
    this.#classes[this.#rows] = reader.cls(HAZARD, unit);
    this.#rows++;
  }

  /** The rows of each of `units` units, in order. */
  byUnit(units: number): readonly Uint32Array[] {
    const counts = new Uint32Array(units);
    for (let row = 0; row < this.#rows; row++) counts[this.#units[row]]++;
    const found = Array.from(counts, (count) => new Uint32Array(count));
    counts.fill(0);
    for (let row = 0; row < this.#rows; row++) {
      const unit = this.#units[row];
      found[unit][counts[unit]++] = row;
    }
    return found;
  }

  value(row: number, scalar: number): number {
    return this.#values[row * this.#width + scalar];
  }

  /** Class of the interval before the row's bin. */
  intervalClass(row: number): number {
    return this.#classes[row];
  }
}
