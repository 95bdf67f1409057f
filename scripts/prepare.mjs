// Installs the dependencies and builds the packages where that is needed, once, quietly, with progress on stderr.
// The launcher calls it; so do the test, bench and reproduce scripts. Uses nothing that has to be installed.
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bin, root, run, sha256, writeWhole } from './lib/project.mjs';

const installedStamp = join(root, 'node_modules', '.spikebridge-installed');
const builtStamp = join(root, 'packages', 'cli', 'dist', '.built');

/** True when node_modules holds what package-lock.json asks for. */
function isInstalled() {
  const lockPath = join(root, 'package-lock.json');
  if (existsSync(installedStamp) && readFileSync(installedStamp, 'utf8') === sha256(lockPath)) return true;
  const hiddenPath = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(hiddenPath)) return false;
  const wanted = JSON.parse(readFileSync(lockPath, 'utf8')).packages;
  const found = JSON.parse(readFileSync(hiddenPath, 'utf8')).packages;
  const complete = Object.entries(wanted).every(
    ([path, entry]) =>
      !path.startsWith('node_modules/') ||
      entry.optional ||
      entry.link ||
      found[path]?.version === entry.version,
  );
  if (complete) writeFileSync(installedStamp, sha256(lockPath));
  return complete;
}

/** Says what is going on, with the seconds so far on a terminal, and how long it took. */
async function step(what, action) {
  const started = Date.now();
  const seconds = () => `${((Date.now() - started) / 1000).toFixed(0)} s`;
  const tty = process.stderr.isTTY;
  process.stderr.write(tty ? '' : `spikebridge: ${what} ...\n`);
  const timer = tty
    ? setInterval(() => process.stderr.write(`\rspikebridge: ${what} ... ${seconds()} `), 500)
    : undefined;
  const result = await action();
  clearInterval(timer);
  const end = result.code === 0 ? `done in ${seconds()}` : `failed after ${seconds()}`;
  process.stderr.write(`${tty ? '\r' : ''}spikebridge: ${what}: ${end}\n`);
  if (result.code !== 0) {
    const output = `${result.stdout}\n${result.stderr}`.trim().split('\n').slice(-40).join('\n');
    throw new Error(`${what} did not work:\n\n${output}`);
  }
}

/** Holds one lock file while working, so that two first uses at once do not build into each other. */
async function locked(action) {
  const folder = join(root, '.turbo');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'prepare.lock');
  for (;;) {
    try {
      writeFileSync(path, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      if (isAbandoned(path)) rmSync(path, { force: true });
      else await new Promise((resolve) => setTimeout(resolve, 300));
    }
  }
  try {
    await action();
  } finally {
    rmSync(path, { force: true });
  }
}

/** A lock whose owner is gone. An empty one may be half a moment old: its owner has not written its number yet. */
function isAbandoned(path) {
  try {
    const owner = readFileSync(path, 'utf8');
    if (owner === '') return Date.now() - statSync(path).mtimeMs > 10_000;
    process.kill(Number(owner), 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

/** Installs what is missing. `npm ci` follows the lock file exactly. */
export async function install() {
  await locked(async () => {
    if (isInstalled()) return;
    await step('installing dependencies (once, about a minute)', () =>
      // onnxruntime-node would fetch its GPU parts where npm runs its script; its CPU parts come in the package.
      run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
        env: { ONNXRUNTIME_NODE_INSTALL: 'skip' },
      }),
    );
    writeFileSync(installedStamp, sha256(join(root, 'package-lock.json')));
  });
}

/** Builds the command line with the app and its benchmark page, or every package; turbo skips those whose inputs did not change. */
export async function build({ everything = false } = {}) {
  await locked(async () => {
    await step('building', () =>
      run(
        bin('turbo'),
        [
          'run',
          ...(everything ? ['build', 'page'] : ['@spikebridge/cli#build', '@spikebridge/bench#page']),
          '--output-logs=errors-only',
          '--no-update-notifier',
        ],
        { env: { TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' } },
      ),
    );
    writeWhole(builtStamp, `${new Date().toISOString()}\n`);
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await install();
    await build();
  } catch (error) {
    process.stderr.write(
      `\nspikebridge: ${error.message}\n\nFix the cause and run the same command again.\n`,
    );
    process.exitCode = 1;
  }
}
