// How many floats a thread takes at once (shared/value.wgsl): four where a row or a whole tensor divides by four.

export interface Values {
  readonly VECTOR: boolean;
  /** Values that `floats` make: of four floats each, or of one. */
  readonly count: number;
}

export function valuesOf(floats: number): Values {
  return floats % 4 === 0 ? { VECTOR: true, count: floats / 4 } : { VECTOR: false, count: floats };
}

/** The least power of two that is not below `count`. */
export function powerOfTwo(count: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(1, count)));
}
