// What Debian has to install before the host of a lane can run: as a plan that is printed for people and carried out in CI.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { backportsOf, parseSources } from './apt-sources.mjs';
import { run } from './project.mjs';

/** Vulkan and a driver of it that computes on the CPU, for Dawn and Deno. Chromium brings its own. Slurm is a whole one-node cluster. */
const PACKAGES = {
  dawn: ['mesa-vulkan-drivers', 'libvulkan1'],
  deno: ['mesa-vulkan-drivers', 'libvulkan1'],
  chromium: ['chromium'],
  snakemake: ['snakemake'],
  slurm: ['slurm-wlm', 'munge'],
};

/** @typedef {keyof typeof PACKAGES} Host */

/** Dawn refuses Mesa 22.3, which this release ships; its backports hold a newer one. */
const OLD_MESA = 'bookworm';
const needsMesa = (host) => host === 'dawn' || host === 'deno';
const SOURCE_FILE = '/etc/apt/sources.list.d/spikebridge-backports.sources';

/**
 * @typedef {object} Plan
 * @property {{ path: string, text: string } | undefined} source a file for apt to be written first
 * @property {string[][]} commands
 */

/**
 * @param {Host} host
 * @param {{ osRelease: string, sources: import('./apt-sources.mjs').Source[] }} system
 * @returns {Plan | undefined} undefined where the system is no Debian, or gets its packages from no mirror
 */
export function installPlan(host, { osRelease, sources }) {
  const field = (name) => new RegExp(`^${name}="?([^"\n]*)"?$`, 'm').exec(osRelease)?.[1];
  const release = field('VERSION_CODENAME');
  if (field('ID') !== 'debian' || release === undefined) return undefined;
  const backports =
    needsMesa(host) && release === OLD_MESA ? backportsOf(sources, release) : { present: true };
  if (backports === undefined) return undefined;
  const target = needsMesa(host) && release === OLD_MESA ? ['-t', `${release}-backports`] : [];
  return {
    source: backports.present ? undefined : { path: SOURCE_FILE, text: backports.stanza },
    commands: [
      ['apt-get', 'update'],
      ['apt-get', 'install', '-y', '--no-install-recommends', ...target, ...PACKAGES[host]],
    ],
  };
}

/** The plan as a root shell takes it. @param {Plan} plan */
export function describePlan({ source, commands }) {
  const lines = commands.map((words) => words.join(' '));
  if (source === undefined) return lines.join(' && ');
  const quoted = source.text
    .trimEnd()
    .split('\n')
    .map((line) => `'${line}'`);
  return [`printf '%s\\n' ${quoted.join(' ')} > ${source.path}`, ...lines].join(' && ');
}

/** What apt is told on this machine. */
export function readSystem() {
  const read = (path) => (existsSync(path) ? readFileSync(path, 'utf8') : '');
  const folder = '/etc/apt/sources.list.d';
  const files = ['/etc/apt/sources.list'];
  if (existsSync(folder)) files.push(...readdirSync(folder).map((name) => join(folder, name)));
  return {
    osRelease: read('/etc/os-release'),
    sources: files.flatMap((path) => parseSources(path, read(path))),
  };
}

let listsAreFresh = false;

/**
 * Carries a plan out, as root. The package lists are fetched once a process, and again only for a suite just added.
 * @param {Plan} plan
 * @returns {Promise<{ code: number, stdout: string, stderr: string }>}
 */
export async function carryOut({ source, commands }) {
  const done = { code: 0, stdout: '', stderr: '' };
  if (source !== undefined) {
    writeFileSync(source.path, source.text);
    listsAreFresh = false;
  }
  for (const [command, verb, ...rest] of commands) {
    if (verb === 'update' && listsAreFresh) continue;
    // Another apt may be at work: wait for its lock rather than give up.
    const options = ['-o', 'DPkg::Lock::Timeout=300', '-q'];
    const result = await run(command, [verb, ...options, ...rest], {
      env: { DEBIAN_FRONTEND: 'noninteractive' },
    });
    done.stdout += result.stdout;
    done.stderr += result.stderr;
    // A source that has nothing to do with ours may be out of reach: whether that matters shows when installing.
    if (verb === 'update') listsAreFresh = true;
    else if (result.code !== 0) return { ...done, code: result.code };
  }
  return done;
}

/** The last line of what a program said. @param {string} text */
export const lastLine = (text) => text.trim().split('\n').at(-1) || 'no reason given';

let preparing = Promise.resolve();

/**
 * Makes a host ready where that is allowed, and says why it is not ready otherwise.
 * @param {Host} host
 * @param {{ lane: string, needs: string, missing: () => Promise<string | undefined>, install: boolean }} options
 *   `missing`: why it cannot run, asked again after installing; `needs`: what a system without a plan has to bring;
 *   `install`: Debian packages may be installed, where this is root
 * @returns {Promise<string | undefined>}
 */
export function makeReady(host, options) {
  // One after another: lanes run side by side, and apt holds a lock. What one host installs may be all that the next one lacks.
  const turn = preparing.then(() => prepare(host, options));
  preparing = turn.then(
    () => undefined,
    () => undefined,
  );
  return turn;
}

/** @type {typeof makeReady} */
async function prepare(host, { lane, needs, missing, install }) {
  const reason = await missing();
  if (reason === undefined) return undefined;
  const plan = installPlan(host, readSystem());
  if (plan === undefined) return `${reason}; it needs ${needs}`;
  if (!install || process.getuid?.() !== 0)
    return `${reason}; as root: ${describePlan(plan)} (or npm test -- --install-hosts ${lane})`;
  process.stderr.write(`spikebridge: installing what the ${host} lane needs ...\n`);
  const result = await carryOut(plan);
  if (result.code !== 0) return `${reason}; ${describePlan(plan)} failed: ${lastLine(result.stderr)}`;
  const still = await missing();
  return still === undefined ? undefined : `${still}, also after: ${describePlan(plan)}`;
}
