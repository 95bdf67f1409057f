// "Did you mean": the valid name closest to what was typed.

/** Levenshtein distance: insertions, deletions and substitutions that turn `a` into `b`. */
export function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(substitution, previous[j] + 1, row[j - 1] + 1));
    }
    previous = row;
  }
  return previous[b.length];
}

/**
 * The candidate nearest to `name`, letters compared without case; for dotted names one that ends in the same last part
 * counts as one edit away (`learningRate` -> `training.learningRate`). Undefined when there is no candidate.
 */
export function nearestName(name: string, candidates: readonly string[]): string | undefined {
  const typed = name.toLowerCase();
  const lastPart = typed.slice(typed.lastIndexOf('.') + 1);
  let best: string | undefined;
  let bestDistance = Infinity;
  for (const candidate of candidates) {
    const lower = candidate.toLowerCase();
    const candidateLast = lower.slice(lower.lastIndexOf('.') + 1);
    const whole = editDistance(typed, lower);
    const distance = Math.min(whole, 1 + editDistance(lastPart, candidateLast));
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}
