// Two small recordings as CSV: units that fire by chance, some right after others, the second pair faster than the first.

/** A generator of numbers in [0, 1) that is the same everywhere. */
function chance(seed) {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) % 4294967296;
    return state / 4294967296;
  };
}

/** Seconds of spikes on a grid of a millisecond. */
export function trains({ units, seconds, rate, seed }) {
  const random = chance(seed);
  const rows = ['unit,time'];
  const last = new Array(units).fill(-100);
  for (let bin = 0; bin < seconds * 1000; bin += 1)
    for (let unit = 0; unit < units; unit += 1) {
      const before = bin - last[(unit + 1) % units];
      const own = bin - last[unit];
      const hertz = own < 3 ? 0 : rate * (1 + unit / units) + (before > 0 && before < 6 ? 60 : 0);
      if (random() >= hertz / 1000) continue;
      last[unit] = bin;
      rows.push(`u${unit},${(bin / 1000 + 0.0005).toFixed(4)}`);
    }
  return `${rows.join('\n')}\n`;
}
