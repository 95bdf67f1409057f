// Rows of `npm run reproduce` on the real recordings of docs/data.md: train, judge, and tell as a table. Finished runs in
// runs/reproduce/ are used again.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { commitOf, dataFolder, root, run, writeWhole } from './project.mjs';

export const SEEDS = [1, 2, 3];
export const runs = join('runs', 'reproduce');

/** The two preparations: where their files lie below SPIKEBRIDGE_DATA, and how they are split. */
export const SETS = {
  'in-vitro': {
    train: 'spikes/shimono_i2i/invitro_210511001/asdf_bh.mat',
    test: 'spikes/shimono_i2i/invitro_210511001/asdf_lh.mat',
    reading: ['--bin-unit', '1ms'],
    split: '80,20,0',
    judge: ['--pairing', 'within', '--part', 'all'],
  },
  'in-vivo': {
    train: 'spikes/shimono_i2i/invivo_NYU-40_2021-04-14_001/asdf.mat',
    reading: ['--fs', '30000'],
    split: '60,20,20',
    judge: [],
  },
};

/** Runs one command of the command line and returns its document; the command as typed goes to `log`. */
export async function spikebridge(log, ...args) {
  const folder = dataFolder() ?? '';
  // A finished run is taken up with --resume; whoever repeats the row begins without it.
  const words = args.filter((word) => word !== '--resume');
  log.push(`./spikebridge ${words.map((word) => word.replace(folder, '$SPIKEBRIDGE_DATA')).join(' ')}`);
  console.error(`\n$ ${log.at(-1)}`);
  // Rows of hours go on where they stopped: what was judged by this very commit is not judged again.
  const commit = await commitOf();
  const key = createHash('sha256')
    .update(JSON.stringify([commit, words]))
    .digest('hex')
    .slice(0, 24);
  const kept = join(root, runs, 'answers', `${key}.json`);
  const keeps = args[0] === 'evaluate' && !commit.endsWith('+');
  if (keeps && existsSync(kept)) return JSON.parse(readFileSync(kept, 'utf8'));
  const main = join(root, 'packages', 'cli', 'dist', 'main.js');
  const { code, stdout, stderr } = await run(process.execPath, [main, ...args, '--json', '--quiet']);
  // A guard that fails exits 1 with its report: that is a result, and it is told.
  const document = stdout === '' ? {} : JSON.parse(stdout);
  if (document.schema === undefined) throw new Error(`exit code ${String(code)}\n${stderr}`);
  if (keeps) writeWhole(kept, stdout);
  return document;
}

export const file = (path) => join(dataFolder() ?? '', path);

/** A trained run of one preparation; what is finished is not trained again. */
async function trained(log, set, { seed = 1, loss = 'bce' } = {}) {
  const { train, reading, split } = SETS[set];
  const out = join(runs, `${set}-${loss}-${String(seed)}`);
  mkdirSync(join(root, runs), { recursive: true });
  const resume = existsSync(join(root, out, 'config.resolved.yaml')) ? ['--resume'] : [];
  await spikebridge(
    log,
    ...['train', '--data', file(train), ...reading, '--out', out, '--preset', 'small'],
    ...['--loss', loss, '--seed', String(seed), '--split', split, ...resume],
  );
  return out;
}

/** Within its own preparation. */
function judged(log, set, out, floors = 'all') {
  const { train, test, reading, judge } = SETS[set];
  const data = test === undefined ? [] : ['--data', file(test), ...reading];
  const args = ['evaluate', '--run', out, '--source', file(train), ...data, ...judge, '--floors', floors];
  return spikebridge(log, ...args, '--force');
}

export const number = (value, digits) =>
  value === null || value === undefined ? '-' : value.toFixed(digits);
export const estimate = ({ value, low, high }, digits) =>
  low === null || high === null
    ? number(value, digits)
    : `${number(value, digits)} [${number(low, digits)}, ${number(high, digits)}]`;

const HEADER =
  '| predictor | bits/spike | raw | average precision | ROC-AUC | median unit ROC-AUC | Dice | ECE |\n|---|---|---|---|---|---|---|---|';
const line = (name, scores) =>
  `| ${name} | ${estimate(scores.bitsPerSpike, 3)} | ${number(scores.bitsPerSpikeRaw.value, 3)} | ` +
  `${number(scores.averagePrecision.value, 4)} | ${number(scores.rocAuc.value, 3)} | ` +
  `${number(scores.perUnit.rocAuc.median, 3)} | ${number(scores.dice.value, 4)} | ${number(scores.ece.value, 5)} |`;

/** All predictors of a pair, the model last. */
function table(pair) {
  const floors = Object.keys(pair.scores).filter((key) => key !== 'model');
  const best = pair.bestFloor;
  const lines = floors.map((key) => line(key === best ? `${key} (best floor)` : key, pair.scores[key]));
  if (pair.scores.model !== undefined) lines.push(line('model', pair.scores.model));
  return `${HEADER}\n${lines.join('\n')}`;
}

const difference = (pair) =>
  `model - ${pair.bestFloor}: ${estimate(pair.differences.model.bitsPerSpike, 4)} bits/spike`;

/** All floors once, the model at three seeds; the other seeds stand beside the best floor alone. */
export async function withinRow(set) {
  const commands = [];
  const documents = [];
  for (const seed of SEEDS) {
    const floors = seed === SEEDS[0] ? 'all' : `own-rate,${documents[0].pairs[0].bestFloor}`;
    documents.push(await judged(commands, set, await trained(commands, set, { seed }), floors));
  }
  const pairs = documents.map((document) => document.pairs[0]);
  const values = pairs.map((pair) => pair.scores.model.bitsPerSpike.value);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
  const others = pairs.slice(1).map((pair) => line(`model, seed ${String(pair.seed)}`, pair.scores.model));
  return {
    title: `within domain, ${set}`,
    commands,
    data: { pairs, model: { mean, standardDeviation: spread, seeds: SEEDS } },
    markdown: [
      `${table(pairs[0])}\n${others.join('\n')}`,
      `Model over seeds ${SEEDS.join(', ')}: ${mean.toFixed(4)} +/- ${spread.toFixed(4)} bits/spike (mean, SD).`,
      pairs.map((pair) => `- seed ${String(pair.seed)}: ${difference(pair)}`).join('\n'),
    ].join('\n\n'),
  };
}

/** Both directions, by rank (level `rates`) and at random (level `none`). */
export async function zeroShotRow() {
  const commands = [];
  const pairs = [];
  const target = {
    'in-vivo': ['--data', file(SETS['in-vivo'].train), ...SETS['in-vivo'].reading],
    'in-vitro': [
      ...['--data', file(SETS['in-vitro'].test), ...SETS['in-vitro'].reading],
      ...['--calibrate', file(SETS['in-vitro'].train), '--part', 'all'],
    ],
  };
  for (const [source, to] of [
    ['in-vitro', 'in-vivo'],
    ['in-vivo', 'in-vitro'],
  ])
    for (const pairing of ['rank', 'random']) {
      const out = await trained(commands, source);
      const from = ['--source', file(SETS[source].train)];
      const args = ['evaluate', '--run', out, ...from, ...target[to], '--pairing', pairing, '--force'];
      const [pair] = (await spikebridge(commands, ...args)).pairs;
      pairs.push({ direction: `${source} -> ${to}`, ...pair });
    }
  return {
    title: 'zero-shot across domains',
    commands,
    data: { pairs },
    markdown: pairs
      .map(
        (pair) =>
          `## ${pair.direction}, pairing ${pair.pairing}, level ${pair.level}, ` +
          `${pair.targetTrainingSeconds.toFixed(0)} s of target training data known\n\n${table(pair)}`,
      )
      .join('\n\n'),
  };
}

/** Three losses at the same steps, data and seed. */
export async function lossesRow() {
  const commands = [];
  const pairs = [];
  for (const set of Object.keys(SETS))
    for (const loss of ['bce', 'focal', 'dice']) {
      const out = await trained(commands, set, { loss });
      pairs.push({ set, loss, ...(await judged(commands, set, out, 'own-rate')).pairs[0] });
    }
  const lines = pairs.map(({ set, loss, scores }) => line(`${set}, ${loss}`, scores.model));
  return {
    title: 'Dice, focal and BCE at equal budget',
    commands,
    data: { pairs },
    markdown: `${HEADER}\n${lines.join('\n')}`,
  };
}

/** The three leak guards on a trained model and every floor. */
export async function guardRow() {
  const commands = [];
  const reports = [];
  for (const set of Object.keys(SETS)) {
    const { train, test, reading, judge } = SETS[set];
    const out = await trained(commands, set);
    const data = test === undefined ? [] : ['--data', file(test), ...reading, ...judge];
    const from = ['--source', file(train)];
    const args = ['evaluate', '--run', out, ...from, ...data, '--guards', '--floors', 'all'];
    reports.push({ set, ...(await spikebridge(commands, ...args)) });
  }
  const lines = reports.flatMap(({ set, predictors, controls }) => [
    ...predictors.map(
      ({ key, future, poisson }) =>
        `| ${set}, ${key} | ${future.passed ? 'no bit moved' : 'MOVED'} | ${number(poisson.bitsPerSpike, 5)} | ` +
        `${number(poisson.rocAucPerUnit, 4)} [${number(poisson.low, 4)}, ${number(poisson.high, 4)}] | ${String(poisson.units)} | ${future.passed ? poisson.verdict : 'failed'} |`,
    ),
    ...controls.map(
      ({ name, caught }) => `| ${set}, control: ${name} | ${caught ? 'caught' : 'NOT CAUGHT'} | | | | |`,
    ),
  ]);
  return {
    title: 'leak guards',
    commands,
    data: { reports },
    markdown: [
      '| predictor | future changed | Poisson bits/spike | Poisson per-unit ROC-AUC | units | verdict |',
      '|---|---|---|---|---|---|',
      ...lines,
    ].join('\n'),
  };
}
