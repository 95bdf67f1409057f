// Counts as pixels. A column of one spike is as dark as a spike can be drawn; where columns hold many, darkness is the share of the
// busiest, so that an hour at once still shows who fires when.
export interface Ink {
  readonly red: number;
  readonly green: number;
  readonly blue: number;
}

/**
 * Paints (rows x columns) counts into RGBA, one pixel each; the paper stays clear.
 * @param full count that is drawn solid
 */
export function paintCounts(
  counts: Uint32Array,
  cells: number,
  full: number,
  ink: Ink,
  pixels: Uint32Array,
): void {
  // Little endian: alpha is the top byte. A single spike must be seen among many.
  const solid = (ink.blue << 16) | (ink.green << 8) | ink.red;
  const shades = Uint32Array.from({ length: full + 1 }, (_, count) => {
    const alpha = count === 0 ? 0 : Math.round(255 * Math.max(0.3, Math.sqrt(count / full)));
    return ((alpha << 24) | solid) >>> 0;
  });
  for (let cell = 0; cell < cells; cell++) pixels[cell] = shades[Math.min(full, counts[cell])];
}

/** The count that is drawn solid: nearly the busiest, so that one burst does not pale all else. */
export function solidCount(counts: Uint32Array, cells: number): number {
  let busiest = 0;
  for (let cell = 0; cell < cells; cell++) busiest = Math.max(busiest, counts[cell]);
  const bins = new Uint32Array(busiest + 1);
  for (let cell = 0; cell < cells; cell++) bins[counts[cell]] += 1;
  let left = (cells - bins[0]) * 0.02;
  for (let count = busiest; count > 1; count--) {
    left -= bins[count];
    if (left < 0) return count;
  }
  return 1;
}
