// Part of the page's build: tfjs's WebAssembly from the page's own origin, threads included, under the app's own policy.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Plugin } from 'vite';

const require = createRequire(import.meta.url);
const folder = dirname(dirname(require.resolve('@tensorflow/tfjs-backend-wasm')));
const NAME = 'tfjs-backend-wasm';

/** The script of a thread, which the package keeps as a string, with line ends where it means their escapes. */
function threadScript(): string {
  const path = join(folder, 'wasm-out', `${NAME}-threaded-simd.worker.js`);
  const holder = require(path) as { readonly wasmWorkerContents: string };
  return holder.wasmWorkerContents.replaceAll('\n', '\\n');
}

/** Puts the binaries, and the two scripts that its threads start from, into `tfjs/` beside the page. */
export function tfjsFiles(): Plugin {
  return {
    name: 'spikebridge-tfjs-files',
    apply: 'build',
    generateBundle() {
      const add = (name: string, source: string | Uint8Array): void =>
        void this.emitFile({ type: 'asset', fileName: `tfjs/${name}`, source });
      for (const kind of ['', '-simd', '-threaded-simd'])
        add(`${NAME}${kind}.wasm`, readFileSync(join(folder, 'dist', `${NAME}${kind}.wasm`)));
      const main = `${NAME}-threaded-simd.js`;
      add(main, readFileSync(join(folder, 'wasm-out', main)));
      add(`${NAME}-threaded-simd.worker.js`, threadScript());
    },
  };
}

/** The library starts its threads from blobs, whose scripts the policy refuses; the same scripts are allowed as files of the page. */
const FROM_BLOBS = [
  {
    of: /const response = wasmWorkerContents[\s\S]*?return URL\.createObjectURL\(blob\);/,
    is: 'return wasmPathPrefix + path;',
  },
  {
    of: /factoryConfig\.mainScriptUrlOrBlob = new Blob\([\s\S]*?\{ type: 'text\/javascript' \}\);/,
    is: `factoryConfig.mainScriptUrlOrBlob = wasmPathPrefix + '${NAME}-threaded-simd.js';`,
  },
] as const;

export function tfjsThreadsFromFiles(): Plugin {
  return {
    name: 'spikebridge-tfjs-threads',
    apply: 'build',
    transform(code, id) {
      if (!id.split('?')[0].endsWith(`${NAME}/dist/backend_wasm.js`)) return null;
      for (const { of } of FROM_BLOBS)
        if (!of.test(code)) this.error('tfjs starts its threads in another way than this build knows.');
      const changed = FROM_BLOBS.reduce((text, { of, is }) => text.replace(of, is), code);
      return { code: changed, map: null };
    },
  };
}
