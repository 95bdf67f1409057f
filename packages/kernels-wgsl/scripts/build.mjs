// Turns every .wgsl file under src/kernels into a typed module in src/generated/: a function of the kernel's flags that
// gives the shader's text. In a .wgsl file, `#if NAME`, `#elif NAME`, `#else`, `#endif` (also `#if !NAME`) choose lines,
// `$NAME` stands for a number, and a line `#use NAME` brings in src/shared/NAME.wgsl once. Conditions are resolved at run time by
// wgsl-preprocessor, whose template this writes.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const kernels = join(root, 'src', 'kernels');
const shared = join(root, 'src', 'shared');
const generated = join(root, 'src', 'generated');

const NAME = '[A-Z][A-Z0-9_]*';

/** The text with every `#use` line replaced by what it names, each file once. */
function withShared(text, file, used = new Set()) {
  return text.replace(/^#use ([\w-]+)\n/gm, (_, name) => {
    if (used.has(name)) return '';
    used.add(name);
    const path = join(shared, `${name}.wgsl`);
    if (!existsSync(path)) throw new Error(`${file}: #use ${name} names no file in src/shared`);
    return withShared(readFileSync(path, 'utf8'), path, used);
  });
}

/** The module of one shader. */
function moduleOf(path) {
  const file = relative(root, path);
  const text = withShared(readFileSync(path, 'utf8'), file);
  const conditions = new Set();
  const numbers = new Set();
  const template = text
    .replace(/[\\`]/g, '\\$&')
    .replace(new RegExp(`\\$(${NAME})`, 'g'), (_, name) => {
      numbers.add(name);
      return `\${flags.${name}}`;
    })
    .replace(new RegExp(`^([ \\t]*)#(if|elif) (!?)(${NAME})[ \\t]*$`, 'gm'), (_, indent, word, not, name) => {
      conditions.add(name);
      return `${indent}#${word} \${${not}flags.${name}}`;
    });
  const wrong = /^[ \t]*#(?!if \$\{|elif \$\{|else[ \t]*$|endif[ \t]*$).*$/m.exec(template);
  if (wrong !== null) throw new Error(`${file}: cannot read the directive "${wrong[0].trim()}"`);
  const fields = [
    ...[...conditions].filter((name) => !numbers.has(name)).map((name) => `  readonly ${name}: boolean;`),
    ...[...numbers].map((name) => `  readonly ${name}: number;`),
  ].sort();
  const identifier = basename(path, '.wgsl').replace(/-(.)/g, (_, letter) => letter.toUpperCase());
  const type = `${identifier[0].toUpperCase()}${identifier.slice(1)}Flags`;
  const flags =
    fields.length === 0
      ? `export type ${type} = Readonly<Record<never, never>>;`
      : `export interface ${type} {\n${fields.join('\n')}\n}`;
  const parameter = fields.length === 0 ? '_flags' : 'flags';
  return `/// <reference path="../wgsl-preprocessor.d.ts" />\n// Made by scripts/build.mjs from ${file}.\nimport { wgsl } from 'wgsl-preprocessor/wgsl-preprocessor.js';\n\n${flags}\n\nexport const ${identifier}Source = (${parameter}: ${type}): string => wgsl\`${template}\`;\n`;
}

mkdirSync(generated, { recursive: true });
const wanted = new Set();
for (const folder of readdirSync(kernels, { withFileTypes: true }).filter((entry) => entry.isDirectory())) {
  for (const name of readdirSync(join(kernels, folder.name)).filter((entry) => entry.endsWith('.wgsl'))) {
    const target = join(generated, name.replace(/\.wgsl$/, '.ts'));
    if (wanted.has(target)) throw new Error(`two shaders are called ${name}`);
    wanted.add(target);
    const text = moduleOf(join(kernels, folder.name, name));
    // An unchanged file keeps its date, so that watchers and build caches stay quiet.
    if (!existsSync(target) || readFileSync(target, 'utf8') !== text) writeFileSync(target, text);
  }
}
for (const name of readdirSync(generated)) {
  if (!wanted.has(join(generated, name))) rmSync(join(generated, name));
}
