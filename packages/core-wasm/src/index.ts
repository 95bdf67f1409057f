// Public names of core-wasm: the kernel core (CPU kernels, threads) and the spike core (binner, ranking).
export { decodeBase64 } from './base64.ts';
