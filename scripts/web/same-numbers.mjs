// Two documents that hold the same numbers.

/**
 * Paths at which two documents differ; none where they are the same. Numbers may differ by rounding: the logarithms and exponentials
 * of two JavaScript engines differ in their last bit, and a fit or a difference of sums carries that on.
 */
export function differences(a, b, path = '') {
  if (typeof a === 'number' && typeof b === 'number') {
    const off = Math.abs(a - b);
    return off <= 1e-12 + 1e-9 * Math.abs(b) ? [] : [`${path}: ${a} and ${b}`];
  }
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object')
    return a === b ? [] : [`${path}: ${JSON.stringify(a)} and ${JSON.stringify(b)}`];
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].flatMap((key) => differences(a[key], b[key], `${path}/${key}`));
}
