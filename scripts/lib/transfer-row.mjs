// The row `transfer`: unit-free nets of each domain on the other one, at every level and at several lengths of calibration.
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './project.mjs';
import { estimate, file, number, runs, SEEDS, SETS, spikebridge } from './recording-rows.mjs';

const LEVELS = ['rates', 'statistics', 'pairs'];
/** Seconds that are known, at level statistics; all of them at every level. */
const SECONDS = [100, 30, 10];

/** What a domain's net learns from beside its preparation, and at which time scales. */
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
  const { also, set } = SOURCES[domain];
  const out = join(runs, `unit-free-${domain}-${level}-${String(seed)}`);
  mkdirSync(join(root, runs), { recursive: true });
  const resume = existsSync(join(root, out, 'config.resolved.yaml')) ? ['--resume'] : [];
  await spikebridge(
    log,
    ...['train', '--net', 'unit-free', '--data', file(train), ...reading],
    ...also.flatMap((path) => ['--also', file(path)]),
    ...[
      '--out',
      out,
      '--split',
      split,
      '--seed',
      String(seed),
      '--set',
      `net.level=${level}`,
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

export async function transferRow() {
  const commands = [];
  const pairs = [];
  for (const [source, to] of [
    ['in-vitro', 'in-vivo'],
    ['in-vivo', 'in-vitro'],
  ])
    for (const level of LEVELS)
      for (const seed of SEEDS) {
        const out = await trained(commands, source, level, seed);
        for (const seconds of level === 'statistics' ? [undefined, ...SECONDS] : [undefined]) {
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
    ({ direction, level, seed, targetTrainingSeconds, scores, differences, bestFloor }) =>
      `| ${direction} | ${level} | ${targetTrainingSeconds.toFixed(0)} | ${String(seed)} | ${estimate(scores.model.bitsPerSpike, 3)} | ` +
      `${number(scores.model.rocAuc.value, 4)} | ${number(scores['plug-in'].bitsPerSpike.value, 3)} | ` +
      `${estimate(differences.model.bitsPerSpike, 4)} (${bestFloor}) |`,
  );
  return {
    title: 'unit-free transfer across domains',
    commands,
    data: { pairs },
    markdown: [
      '| direction | level | seconds known | seed | model, bits/spike | ROC-AUC | plug-in | model - best floor |',
      '|---|---|---|---|---|---|---|---|',
      ...lines,
    ].join('\n'),
  };
}
