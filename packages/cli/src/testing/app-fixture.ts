// A small browser app to serve, in a folder with secrets around it.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export const SECRET = 'nobody outside may read this';
export const PAGE = '<!doctype html><title>page</title>';

/** Few and short, so that a test can tell them from those of a library. */
export const FIXTURE_HEADERS: Readonly<Record<string, string>> = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Content-Security-Policy': "default-src 'none'; script-src 'self'",
  'X-Content-Type-Options': 'nosniff',
};

/** Writes the app's files into `folder`. */
export function writeApp(folder: string): void {
  const files: Readonly<Record<string, string>> = {
    'index.html': PAGE,
    'headers.json': JSON.stringify(FIXTURE_HEADERS),
    'service-worker.js': '// worker',
    'assets/index-AbCd_f-9.js': 'export {};',
    'assets/kernels-0a1b2c3d.wasm': '\0asm',
    'bench/index.html': '<!doctype html><title>bench</title>',
    '.hidden': SECRET,
  };
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
}

/** `root/app` is the app; beside it lie secrets, to which symbolic links in the app lead. */
export function appFixture(): { root: string; folder: string; remove(): void } {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'spikebridge-app-')));
  const folder = join(root, 'app');
  writeApp(folder);
  writeFileSync(join(root, 'secret.txt'), SECRET);
  mkdirSync(join(root, 'app-beside'));
  writeFileSync(join(root, 'app-beside', 'secret.txt'), SECRET);
  symlinkSync(join(root, 'secret.txt'), join(folder, 'link.txt'));
  symlinkSync(join(root, 'app-beside'), join(folder, 'beside'));
  symlinkSync('index.html', join(folder, 'inside.html'));
  return { root, folder, remove: () => rmSync(root, { recursive: true, force: true }) };
}
