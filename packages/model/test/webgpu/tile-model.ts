// What an ideal tiling with 16 KiB of workgroup memory would move from and to global memory: the measure that kernels with tiles are
// held to. Derived here from sizes alone, apart from the kernels' own accounts. It is the most favourable tiling there is: everything
// lives in those 4,096 floats, none of them is spent on staging more than one step, and nothing is read in whole lines.

/** Floats of 16 KiB, the workgroup memory that every device has. */
const FLOATS = 4096;

/**
 * Bytes of c = a b, (m, n) over a depth of k. A tile of S x S of c stays, one column of a and one row of b pass through at a time:
 * S^2 + 2 S floats, so S = 63. Each tile takes S rows of a and S columns of b over the whole depth: a is read n / S times, b m / S
 * times, both at least once; c is written once.
 */
export function productModel(m: number, n: number, k: number): number {
  const side = Math.floor(Math.sqrt(FLOATS + 1) - 1);
  return 4 * (m * k * Math.max(1, n / side) + n * k * Math.max(1, m / side) + m * n);
}

export interface AttentionModelShape {
  readonly batch: number;
  readonly bins: number;
  readonly heads: number;
  readonly headWidth: number;
  /** 0 = all the past. */
  readonly window: number;
  readonly causal: boolean;
}

/**
 * Rows of the other side that pass by, in all tiles of `owned` rows of one head together: a tile takes each row that any row of it
 * sees (`back` bins before its first, `ahead` after its last) once.
 */
function passing(bins: number, owned: number, back: number, ahead: number): number {
  let rows = 0;
  for (let start = 0; start < bins; start += owned) {
    const last = Math.min(start + owned, bins) - 1;
    rows += Math.min(last + ahead + 1, bins) - Math.max(0, start - back);
  }
  return rows;
}

/**
 * Bytes of streaming attention's three kernels, d = head width. Each keeps a tile of rows of its own side with what it sums for
 * them, and lets the other side pass by a row at a time:
 *
 * - forward owns queries. It keeps q and the sums of o (2 d), the largest score, the total and one score (3); k and v pass (2 d).
 *   B = (4096 - 2 d) / (2 d + 3) rows. Once a row: q read, o and lse written (2 d + 1).
 * - queries (dQ) owns queries. It keeps q, dO and the sums of dQ (3 d), lse, delta, one p and one dP (4); k and v pass (2 d).
 *   B = (4096 - 2 d) / (3 d + 4). Once a row: q, dO, o and lse read, dQ and delta written (4 d + 2).
 * - keys (dK, dV) owns keys. It keeps k, v and the sums of dK and dV (4 d), one p and one dP (2); q, dO, lse and delta pass (2 d + 2).
 *   B = (4096 - 2 d - 2) / (4 d + 2). Once a row: k and v read, dK and dV written (4 d).
 */
export function attentionModel({ batch, bins, heads, headWidth: d, window, causal }: AttentionModelShape): {
  readonly forward: number;
  readonly queries: number;
  readonly keys: number;
} {
  const back = causal && window > 0 ? window - 1 : bins;
  const ahead = causal ? 0 : bins;
  const bytes = (kept: number, once: number, passes: number, before: number, after: number): number => {
    const owned = Math.floor((FLOATS - passes) / kept);
    return 4 * batch * heads * (bins * once + passes * passing(bins, owned, before, after));
  };
  return {
    forward: bytes(2 * d + 3, 2 * d + 1, 2 * d, back, ahead),
    queries: bytes(3 * d + 4, 4 * d + 2, 2 * d, back, ahead),
    // The queries that see a key are ahead of it as far as a query looks back.
    keys: bytes(4 * d + 2, 4 * d, 2 * d + 2, ahead, back),
  };
}
