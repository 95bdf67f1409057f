// The floors row of `npm run reproduce`: the floors of the rows on recordings, held against the figures of a first trial in
// numpy, scipy and PyTorch. A change of features, solver or protocol that moves the ground under every other figure shows here.

/**
 * A figure of the first trial: raw bits/spike (nothing was recalibrated there) or ROC-AUC.
 * @param {string} source
 * @param {string} target
 * @param {string} predictor
 * @param {string} metric
 * @param {number} value
 * @param {number} tolerance
 */
const mark = (source, target, predictor, metric, value, tolerance) => ({
  ...{ source, target, predictor, metric, value, tolerance },
});

export const MARKS = [
  mark('in-vitro', 'in-vitro', 'recent-rate', 'bitsPerSpikeRaw', 0.044, 0.01),
  mark('in-vitro', 'in-vitro', 'own-history', 'bitsPerSpikeRaw', 0.216, 0.01),
  mark('in-vitro', 'in-vitro', 'shared-kernel', 'bitsPerSpikeRaw', 0.174, 0.01),
  mark('in-vitro', 'in-vitro', 'population', 'bitsPerSpikeRaw', 0.225, 0.01),
  mark('in-vitro', 'in-vitro', 'coupled', 'bitsPerSpikeRaw', 0.238, 0.01),
  mark('in-vitro', 'in-vitro', 'own-rate', 'rocAuc', 0.912, 0.002),
  mark('in-vitro', 'in-vitro', 'coupled', 'rocAuc', 0.92, 0.005),
  mark('in-vivo', 'in-vivo', 'own-history', 'bitsPerSpikeRaw', 0.41, 0.02),
  mark('in-vivo', 'in-vivo', 'shared-kernel', 'bitsPerSpikeRaw', 0.319, 0.02),
  mark('in-vivo', 'in-vivo', 'population', 'bitsPerSpikeRaw', 0.516, 0.02),
  mark('in-vivo', 'in-vivo', 'coupled', 'bitsPerSpikeRaw', 0.568, 0.02),
  mark('in-vivo', 'in-vivo', 'own-rate', 'rocAuc', 0.788, 0.002),
  mark('in-vivo', 'in-vivo', 'coupled', 'rocAuc', 0.852, 0.01),
  mark('in-vitro', 'in-vivo', 'shared-kernel', 'bitsPerSpikeRaw', 0.188, 0.02),
  mark('in-vitro', 'in-vivo', 'shared-kernel', 'rocAuc', 0.813, 0.01),
  mark('in-vivo', 'in-vitro', 'shared-kernel', 'bitsPerSpikeRaw', -0.267, 0.05),
  mark('in-vivo', 'in-vitro', 'shared-kernel', 'rocAuc', 0.905, 0.01),
];

/**
 * Every mark with what `pairs` say; a missing figure is not reached.
 * @param {{ source: string, target: string, scores: Record<string, Record<string, { value: number | null }>> }[]} pairs
 */
export function compareWithMarks(pairs) {
  return MARKS.map((expected) => {
    const pair = pairs.find((p) => p.source === expected.source && p.target === expected.target);
    const found = pair?.scores[expected.predictor]?.[expected.metric].value ?? null;
    const reached = found !== null && Math.abs(found - expected.value) <= expected.tolerance;
    return { ...expected, found, reached };
  });
}

const figure = (value) => (value === null ? '-' : value.toFixed(3));

/** `rowOf` gives the document of another row, made before or now. */
export async function floorsRow(rowOf) {
  const pairs = [];
  const sources = [];
  const pairsOf = async (name) => {
    const { date, commit, data } = await rowOf(name);
    sources.push(`${name}: ${date}, ${commit}`);
    return data.pairs;
  };
  for (const set of ['in-vitro', 'in-vivo']) {
    const [{ scores }] = await pairsOf(set);
    pairs.push({ source: set, target: set, scores });
  }
  for (const { direction, pairing, scores } of await pairsOf('zero-shot')) {
    // By rank the target's rates are known, as in the first trial; the shared kernel knows no unit by name.
    if (pairing !== 'rank') continue;
    const [source, target] = direction.split(' -> ');
    pairs.push({ source, target, scores });
  }
  const marks = compareWithMarks(pairs);
  const rows = marks.map(
    ({ source, target, predictor, metric, value, tolerance, found, reached }) =>
      `| ${source} -> ${target} | ${predictor} | ${metric} | ${figure(value)} +/- ${tolerance} | ` +
      `${figure(found)} | ${reached ? 'reached' : 'MISSED'} |`,
  );
  return {
    title: 'Floors against the figures of the first trial',
    commands: ['npm run reproduce -- in-vitro in-vivo zero-shot floors'],
    data: { marks },
    markdown: [
      '| source -> target | predictor | metric | mark | found | |',
      '|---|---|---|---|---|---|',
      ...rows,
      '',
      `From the rows ${sources.join('; ')}. Why two stand above their marks: docs/evaluation.md, Marks.`,
    ].join('\n'),
  };
}
