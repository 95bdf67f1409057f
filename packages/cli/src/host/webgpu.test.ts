// Plan: a package that is absent, one that does not load and one that fails to start are three reasons and no error; a sound
// one is started once and its constants become globals. The package itself is tried by the lane webgpu-dawn.
import { afterEach, describe, expect, it } from 'vitest';
import { dawnGpu } from './webgpu.ts';

const failWith = (error: Error) => () => Promise.reject(error);

afterEach(() => {
  Reflect.deleteProperty(globalThis, 'GPUTestConstant');
});

describe('dawnGpu', () => {
  it('says that the package is not installed', async () => {
    const absent = Object.assign(new Error("Cannot find package 'webgpu'"), { code: 'ERR_MODULE_NOT_FOUND' });
    expect(await dawnGpu(failWith(absent))).toEqual({
      missing: "npm's optional package `webgpu` is not installed",
    });
  });

  it('says that the package does not load here, with the first line of why', async () => {
    const old = Object.assign(new Error("libc.so.6: version `GLIBC_2.99' not found\nat dlopen"), {
      code: 'ERR_DLOPEN_FAILED',
    });
    expect(await dawnGpu(failWith(old))).toEqual({
      missing:
        `npm's package \`webgpu\` does not load on ${process.platform} ${process.arch}: ` +
        "Error: libc.so.6: version `GLIBC_2.99' not found",
    });
  });

  it('says so when it loads and does not start', async () => {
    const create = () => {
      throw new Error('no instance');
    };
    const result = await dawnGpu(() => Promise.resolve({ create, globals: {} }));
    expect(result).toHaveProperty('missing', expect.stringMatching(/Error: no instance$/));
  });

  it('starts it once, without flags, and spreads its constants', async () => {
    const started: unknown[] = [];
    const gpu = { requestAdapter: () => Promise.resolve(null) };
    const create = (flags: unknown) => {
      started.push(flags);
      return gpu;
    };
    const load = () => Promise.resolve({ create, globals: { GPUTestConstant: 7 } });
    expect(await dawnGpu(load)).toEqual({ gpu });
    expect(await dawnGpu(load)).toEqual({ gpu });
    expect(started).toEqual([[]]);
    expect(Reflect.get(globalThis, 'GPUTestConstant')).toBe(7);
  });
});
