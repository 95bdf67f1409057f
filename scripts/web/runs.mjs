// Run folders on their way between the page and the command line.
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { unzipSync, zipSync } from 'fflate';
import { downloaded } from './harness.mjs';
import { settingLines } from './visitor.mjs';

/** Nets that train in seconds. */
export const TINY = {
  'data.units': 6,
  'net.width': 16,
  'net.heads': 2,
  'net.feedForward': 16,
  'training.context': 64,
  'training.batch': 4,
  'training.warmupSteps': 2,
};

/** The words of `train` for what `beginTraining` types in the page. */
export const trainWords = ({ steps, checkpoint, seed = 1, more = TINY }) => [
  ...['--preset', 'small', '--loss', 'bce', '--device', 'wasm', '--seed', String(seed), '--deterministic'],
  ...['--split', '60,20,20', '--set', `training.steps=${steps}`],
  ...(checkpoint === undefined ? [] : ['--set', `training.checkpointEverySteps=${checkpoint}`]),
  ...settingLines(more).flatMap((line) => ['--set', line]),
];

/** Downloads a run from its row on the Train view and unpacks it into `folder`. Returns the folder of the run. */
export async function takeAway(page, name, folder) {
  const path = join(folder, `${name}.zip`);
  mkdirSync(folder, { recursive: true });
  const button = page.getByRole('button', { name: `Download ${name}`, exact: true });
  await downloaded(page, () => button.click(), path);
  for (const [inside, bytes] of Object.entries(unzipSync(readFileSync(path)))) {
    if (inside.endsWith('/')) continue;
    mkdirSync(dirname(join(folder, inside)), { recursive: true });
    writeFileSync(join(folder, inside), bytes);
  }
  return join(folder, name);
}

/** A run folder as a zip, as `zip -r` makes it. */
export function zipFolder(parent, name) {
  const files = {};
  const walk = (path) => {
    if (statSync(join(parent, path)).isDirectory())
      for (const child of readdirSync(join(parent, path))) walk(`${path}/${child}`);
    else files[path] = new Uint8Array(readFileSync(join(parent, path)));
  };
  walk(name);
  return zipSync(files);
}

/** The newest checkpoint, by names that sort. */
const newest = (folder) =>
  join(folder, 'checkpoints', readdirSync(join(folder, 'checkpoints')).sort().at(-1));

/** What a run has learned, as bytes. */
export const learned = (folder) => ({
  metrics: readFileSync(join(folder, 'metrics.jsonl'), 'utf8'),
  weights: readFileSync(join(newest(folder), 'model.safetensors')).toString('base64'),
});
