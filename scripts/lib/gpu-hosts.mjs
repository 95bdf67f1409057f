// The three hosts of WebGPU (Dawn on Node, Deno, Chromium): whether each can run here, and how it comes to where it may.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { lastLine, makeReady } from './host-packages.mjs';
import { bin, root, run } from './project.mjs';

/** The browser of the lane; another one than Debian's is named by SPIKEBRIDGE_CHROMIUM. */
export const chromium = process.env.SPIKEBRIDGE_CHROMIUM ?? '/usr/bin/chromium';

/** What every process with a GPU runs under. */
export const gpuEnvironment = {
  // Compiling a kernel takes a software driver up to a second: the second run finds it compiled.
  MESA_SHADER_CACHE_DIR: join(root, 'build', 'shader-cache'),
  // Most of a lane is LLVM optimising kernels that run a few times on small shapes.
  GALLIVM_PERF: 'nopt',
  DENO_DIR: join(root, 'build', 'deno'),
  DENO_NO_UPDATE_CHECK: '1',
  // Deno would settle for OpenGL, which it drives by other code than users meet.
  DENO_WEBGPU_BACKEND: 'vulkan',
};

/** Command and leading arguments that run a module on a host. */
export const runtimeOf = {
  dawn: ['node'],
  deno: [bin('deno'), 'run', '--quiet', '--allow-all', '--no-lock'],
};

const PROBE_SECONDS = 60;

/**
 * Why a host cannot run here, or undefined. @param {'dawn' | 'deno' | 'chromium'} host
 * @returns {Promise<string | undefined>}
 */
async function missing(host) {
  if (host === 'chromium') {
    if (!existsSync(chromium)) return `there is no ${chromium}`;
    const { code, stderr } = await run(chromium, ['--version'], { limitSeconds: PROBE_SECONDS });
    return code === 0 ? undefined : `${chromium} does not start: ${lastLine(stderr)}`;
  }
  const [command, ...leading] = runtimeOf[host];
  if (host === 'deno' && !existsSync(command)) return 'npm package `deno` is not installed';
  const result = await run(command, [...leading, 'scripts/webgpu-probe.mjs'], {
    env: gpuEnvironment,
    limitSeconds: PROBE_SECONDS,
  });
  if (result.code !== 0) return `asking for a GPU ended with ${result.code}: ${lastLine(result.stderr)}`;
  return JSON.parse(result.stdout).missing;
}

/**
 * Makes a host ready where that is allowed, and says why it is not ready otherwise.
 * @param {'dawn' | 'deno' | 'chromium'} host
 * @param {{ install: boolean }} options
 * @returns {Promise<string | undefined>}
 */
export const prepareHost = (host, { install }) =>
  makeReady(host, {
    lane: `webgpu-${host}`,
    needs: host === 'chromium' ? 'Chromium, or SPIKEBRIDGE_CHROMIUM to name it' : 'a Vulkan driver',
    missing: () => missing(host),
    install,
  });
