// Angles of rotary positions for bins without end. Attention sees differences of positions only, so each phase is carried
// from bin to bin and wrapped at a turn: a difference over one context keeps its 1e-13 however long the roll-out is, where
// t * frequency would lose digits with t.
import { cos, sin } from '../engine/elementary.ts';
import { rotaryFrequencies } from '../nets/spike-transformer.ts';

const TURN = 6.283185307179586;

export class RotaryPhases {
  readonly #frequencies: readonly number[];
  readonly #phases: Float64Array;

  constructor(headWidth: number) {
    this.#frequencies = rotaryFrequencies(headWidth);
    this.#phases = new Float64Array(this.#frequencies.length);
  }

  get headWidth(): number {
    return 2 * this.#phases.length;
  }

  /** Writes cos | sin of this bin, (headWidth), and goes on to the next. */
  next(angles: Float32Array): void {
    const half = this.#phases.length;
    for (let i = 0; i < half; i++) {
      const phase = this.#phases[i];
      angles[i] = cos(phase);
      angles[half + i] = sin(phase);
      const next = phase + this.#frequencies[i];
      this.#phases[i] = next >= TURN ? next - TURN : next;
    }
  }
}
