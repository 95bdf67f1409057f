// Finds the commands README.md tells a reader to type, so that a lane can type them.
import { readFileSync } from 'node:fs';

/**
 * Commands of every ```sh block, one a line (a trailing backslash continues it, `#` starts a comment). A block is left
 * out after `<!-- not run: reason -->`; `<!-- needs data -->` marks one that reads real recordings; `<!-- run as: s/A/B/ -->`
 * replaces text A by B first, for commands that would take minutes.
 * @returns {{ command: string, runAs: string, needsData: boolean }[]}
 */
export function readmeCommands(path) {
  return commandsOf(readFileSync(path, 'utf8'));
}

/** @param {string} markdown */
export function commandsOf(markdown) {
  /** @type {{ command: string, runAs: string, needsData: boolean }[]} */
  const found = [];
  const block = /((?:^<!--.*-->\n+)*)^```sh\n([\s\S]*?)^```$/gm;
  for (const [, notes, body] of markdown.matchAll(block)) {
    if (notes.includes('<!-- not run:')) continue;
    const needsData = notes.includes('<!-- needs data -->');
    const substitutions = [...notes.matchAll(/<!-- run as: s\/([^/]*)\/([^/]*)\/ -->/g)];
    for (const line of body.replace(/\s*\\\n\s*/g, ' ').split('\n')) {
      const command = line.replace(/\s+#\s.*$/, '').trim();
      if (command === '' || command.startsWith('#')) continue;
      const runAs = substitutions.reduce((text, [, from, to]) => text.replaceAll(from, to), command);
      found.push({ command, runAs, needsData });
    }
  }
  return found;
}
