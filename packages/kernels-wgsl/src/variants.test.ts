// Plan: the list is complete, as far as text can tell: every shader under kernels/ has variants, every line of it (and of what it
// uses) is in one of them, every condition is met in one and not met in another, and no directive or placeholder is left. Each text
// and each name is there once.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { shaderVariants } from './variants.ts';

const folder = (name: string): string => join(import.meta.dirname, name);

/** The text with what its `#use` lines name, as scripts/build.mjs brings it in. */
function withShared(text: string, used: Set<string>): string {
  return text.replace(/^#use ([\w-]+)\n/gm, (_, name: string) => {
    if (used.has(name)) return '';
    used.add(name);
    return withShared(readFileSync(join(folder('shared'), `${name}.wgsl`), 'utf8'), used);
  });
}

const shaders = readdirSync(folder('kernels'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.wgsl'))
  .map((name) => ({
    name,
    text: withShared(readFileSync(join(folder('kernels'), name), 'utf8'), new Set()),
  }));
const variants = shaderVariants();

const lines = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
/** A line with `$NAME` standing for any number. */
const pattern = (line: string): RegExp =>
  new RegExp(`^${line.replace(/[.*+?^()|[\]{}\\]/g, '\\$&').replace(/\$[A-Z][A-Z0-9_]*/g, '\\d+')}$`);

/** Of no variant: the direct product is never cut in depth. */
const NEVER: Readonly<Partial<Record<string, readonly string[]>>> = {
  'matmul/matmul-direct.wgsl': ['PARTS'],
};

/** Variants of a shader: its first line, a comment, is its own. */
const variantsOf = (text: string) => {
  const first = pattern(lines(text)[0]);
  return variants.filter(({ code }) => first.test(code.slice(0, code.indexOf('\n'))));
};

/** Lines that are there whatever the flags in `never` would add. */
function reachable(text: string, never: readonly string[]): string[] {
  const found: string[] = [];
  const skipped: boolean[] = [];
  for (const line of lines(text)) {
    const [, word, flag] = /^#(\w+)\s*(\w*)/.exec(line) ?? [];
    if (word === 'if') skipped.push(never.includes(flag));
    else if (word === 'else' || word === 'elif') skipped[skipped.length - 1] = never.includes(flag);
    else if (word === 'endif') skipped.pop();
    else if (!skipped.includes(true)) found.push(line);
  }
  return found;
}

describe('shaderVariants', () => {
  it.each(shaders)('has every line of $name', ({ name, text }) => {
    const there = new Set(variantsOf(text).flatMap(({ code }) => lines(code)));
    const has = (line: string): boolean =>
      there.has(line) || (line.includes('$') && [...there].some((one) => pattern(line).test(one)));
    expect(there.size).toBeGreaterThan(0);
    expect(reachable(text, NEVER[name] ?? []).filter((line) => !has(line))).toEqual([]);
  });

  it.each(shaders)('meets each condition of $name, and does not', ({ name, text }) => {
    const own = variantsOf(text);
    const conditions = [...text.matchAll(/^\s*#(?:if|elif) !?([A-Z][A-Z0-9_]*)/gm)].map(([, flag]) => flag);
    for (const flag of new Set(conditions)) {
      const met = own.filter((one) => new RegExp(` ${flag}(?: |$)| ${flag}=[1-9]`).test(one.name)).length;
      if (NEVER[name]?.includes(flag)) continue;
      expect(met, `${flag} set`).toBeGreaterThan(0);
      expect(met, `${flag} not set`).toBeLessThan(own.length);
    }
  });

  it('gives each text and each name once, with nothing left to fill in', () => {
    expect(new Set(variants.map(({ name }) => name)).size).toBe(variants.length);
    expect(new Set(variants.map(({ code }) => code)).size).toBe(variants.length);
    for (const { name, code } of variants) expect(code, name).not.toMatch(/[#$]/);
  });
});
