// The options of `matrix`.
import { InvalidArgumentError, Option } from 'commander';
import type { MatrixFlags } from './commands/matrix.ts';
import { ENGINES } from './matrix/emit.ts';
import { addOutputOptions, parseCount, parseThreads } from './options.ts';
import type { MakeCommand } from './program-learning.ts';

export function registerMatrix(command: MakeCommand, setExit: (code: number) => void): void {
  addOutputOptions(
    command('matrix', 'train on each recording of a manifest and judge on all, for every loss and seed', [
      'matrix manifest.yaml --out matrix/',
      'matrix manifest.yaml --out matrix/ --dry-run',
      'matrix manifest.yaml --out matrix/ --jobs 4 --threads 2',
      'matrix manifest.yaml --out matrix/ --emit snakemake',
      'matrix manifest.yaml --out matrix/ --cell trained/slice.bce.1-0a1b2c3d4e5f',
    ])
      .argument('<manifest.yaml>', 'recordings, losses, seeds and how they are judged (docs/matrix.md)')
      .requiredOption('--out <folder>', 'where cells go; what is there already is not computed again')
      .addOption(
        new Option('--jobs <n>', 'processes at a time; default as many as the cores have room for').argParser(
          parseProcesses,
        ),
      )
      .addOption(
        new Option('--threads <n>', 'threads of each process; default 1, or the cores shared out').argParser(
          parseThreads,
        ),
      )
      .option('--dry-run', 'list the cells and whether they are done, and write nothing')
      .option('--cell <id...>', 'compute these cells in this process, as a workflow engine does')
      .option('--summary', 'only put together what is there')
      .addOption(
        new Option('--emit <engine>', 'write the same cells for a workflow engine instead').choices(ENGINES),
      )
      .addOption(new Option('--leashed').hideHelp()),
  ).action(async (manifest: string, flags: MatrixFlags) =>
    setExit(await (await import('./commands/matrix.ts')).matrix(manifest, flags)),
  );
}

function parseProcesses(text: string): number {
  const count = parseCount(text);
  if (count < 1)
    throw new InvalidArgumentError(`"${text}" processes cannot compute; 1 or more are expected.`);
  return count;
}
