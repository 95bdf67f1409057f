// The rows `transfer-LEVEL`: unit-free nets of each domain on the other one, with all calibration data and, at level statistics, with little.
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './project.mjs';
import { estimate, file, number, runs, SEEDS, SETS, spikebridge } from './recording-rows.mjs';

/** Seconds that are known, beside all of them. */
const SECONDS = { rates: [], statistics: [100, 30, 10], pairs: [] };

/**
 * What a domain's net learns from beside its preparation, and at which time scales. A linear net of rates learns from its preparation
 * alone: one set of weights has no room for several recordings, and no table that would tell them apart.
 */
const SOURCES = {
  'in-vitro': {
    also: [
      'spikes/charlesworth2015_mea/C57_CTX_G2CEPHYS3_TC11_DIV25_C.h5',
      'spikes/charlesworth2015_mea/TC188-DIV18_A.h5',
      'spikes/waverepo_retina/Maccione2014_P11_14May12_spont_day1_1_SpkTs_12_bursts_filtered.h5',
    ],
    set: [],
  },
  'in-vivo': {
    also: ['spikes/kilosort4_ibl_ZFM-02370/kilosort4', 'spikes/pynapple_nwb/sub-4_ses-4_ecephys+image.nwb'],
    set: ['--set', 'rows.timeScales=[0.4,1]'],
  },
};

async function trained(log, domain, level, seed) {
  const { train, reading, split } = SETS[domain];
  const rates = level === 'rates';
  const { also, set } = rates ? { also: [], set: [] } : SOURCES[domain];
  const out = join(runs, `unit-free-${domain}-${level}-${String(seed)}`);
  mkdirSync(join(root, runs), { recursive: true });
  const resume = existsSync(join(root, out, 'config.resolved.yaml')) ? ['--resume'] : [];
  await spikebridge(
    log,
    ...['train', '--preset', rates ? 'unit-free-rates' : 'unit-free', '--data', file(train), ...reading],
    ...also.flatMap((path) => ['--also', file(path)]),
    ...[
      '--out',
      out,
      '--split',
      split,
      '--seed',
      String(seed),
      ...(rates ? [] : ['--set', `net.level=${level}`]),
      ...set,
      ...resume,
    ],
  );
  return out;
}

const target = {
  'in-vivo': ['--split', SETS['in-vivo'].split],
  'in-vitro': ['--part', 'all'],
};

async function judged(log, out, source, to, seconds) {
  const { train, test, reading } = SETS[to];
  const calibrate = test === undefined ? [] : ['--calibrate', file(train)];
  const known = seconds === undefined ? [] : ['--calibration-seconds', String(seconds)];
  const { pairs } = await spikebridge(
    log,
    ...[
      'evaluate',
      '--run',
      out,
      '--source',
      file(SETS[source].train),
      '--data',
      file(test ?? train),
      ...reading,
    ],
    ...[...calibrate, ...target[to], ...known, '--floors', 'plug-in', '--force'],
  );
  return pairs[0];
}

/** @param {'rates' | 'statistics' | 'pairs'} level what may be known of the target */
export async function transferRow(level) {
  const commands = [];
  const pairs = [];
  for (const [source, to] of [
    ['in-vitro', 'in-vivo'],
    ['in-vivo', 'in-vitro'],
  ])
    for (const seed of SEEDS) {
      const out = await trained(commands, source, level, seed);
      for (const seconds of [undefined, ...SECONDS[level]]) {
        const direction = `${source} -> ${to}`;
        pairs.push({
          direction,
          seed,
          seconds: seconds ?? null,
          ...(await judged(commands, out, source, to, seconds)),
        });
      }
    }
  const lines = pairs.map(
    ({ direction, seed, targetTrainingSeconds, scores, differences, bestFloor }) =>
      `| ${direction} | ${targetTrainingSeconds.toFixed(0)} | ${String(seed)} | ${estimate(scores.model.bitsPerSpike, 3)} | ` +
      `${number(scores.model.rocAuc.value, 4)} | ${number(scores['plug-in'].bitsPerSpike.value, 3)} | ` +
      `${estimate(differences.model.bitsPerSpike, 4)} (${bestFloor}) |`,
  );
  return {
    title: `unit-free transfer across domains, level ${level}`,
    commands,
    data: { pairs },
    markdown: [
      '| direction | seconds known | seed | model, bits/spike | ROC-AUC | plug-in | model - best floor |',
      '|---|---|---|---|---|---|---|',
      ...lines,
    ].join('\n'),
  };
}
