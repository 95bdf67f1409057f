// Chooses and compiles the build of the kernels: relaxed SIMD where the engine has it, plain SIMD otherwise or when
// results must be the same on every host; unshared memory where the host has no SharedArrayBuffer.
import { decodeBase64 } from './base64.ts';
import { kernelsPlain } from './generated/kernels-plain.ts';
import { kernelsRelaxed } from './generated/kernels-relaxed.ts';

export type KernelBuild = 'plain' | 'relaxed';

/** (func (param v128) (result v128) local.get 0 local.get 0 local.get 0 f32x4.relaxed_madd): valid only with relaxed SIMD. */
const RELAXED_PROBE = new Uint8Array([
  0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 6, 1, 0x60, 1, 0x7b, 1, 0x7b, 3, 2, 1, 0, 10, 13, 1, 11, 0, 0x20, 0,
  0x20, 0, 0x20, 0, 0xfd, 0x85, 0x02, 0x0b,
]);

/** Whether this engine compiles relaxed SIMD now (Node 20 needs a V8 flag for it). */
export function hasRelaxedSimd(): boolean {
  return WebAssembly.validate(RELAXED_PROBE);
}

/** Whether memory can be shared with threads here. */
export function hasSharedMemory(): boolean {
  return typeof SharedArrayBuffer === 'function';
}

/**
 * Clears the `shared` flag of the imported memory, so that the module accepts a memory that is not shared: the one
 * difference between a threaded and a single-threaded binary. Atomic loads and adds are allowed on both.
 */
export function withoutSharing(binary: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const bytes = binary.slice();
  // The import's names, then kind 2 (memory), then the limits' flags: 3 = has a maximum, shared.
  const name = [3, 0x65, 0x6e, 0x76, 6, 0x6d, 0x65, 0x6d, 0x6f, 0x72, 0x79, 2, 3];
  for (let start = 8; start + name.length <= bytes.length; start++) {
    if (name.every((byte, i) => bytes[start + i] === byte)) {
      bytes[start + name.length - 1] = 1;
      return bytes;
    }
  }
  throw new Error('the kernel binary imports no shared memory');
}

/** Compiles the chosen build. `shared: false` for hosts without SharedArrayBuffer. */
export async function compileKernels(build: KernelBuild, shared: boolean): Promise<WebAssembly.Module> {
  const binary = decodeBase64(build === 'relaxed' ? kernelsRelaxed : kernelsPlain);
  return WebAssembly.compile(shared ? binary : withoutSharing(binary));
}
