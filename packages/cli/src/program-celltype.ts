// The commands of `celltype` and their options.
import { Option } from 'commander';
import type { Command } from 'commander';
import type { ExtractFlags } from './commands/celltype-extract.ts';
import { addOutputOptions, parsePositive, parseThreads } from './options.ts';
import type { MakeCommand } from './program-learning.ts';

/** Of recordings that do not say it themselves. */
function addSweepOptions(command: Command): Command {
  return command
    .option('--electrode <name>', 'the electrode to take, where an NWB file holds several cells')
    .addOption(new Option('--sampling-rate <hz>', 'of traces without times').argParser(parsePositive))
    .option('--voltage-unit <unit>', 'of columns or arrays that do not say theirs (mV, V)')
    .option('--current-unit <unit>', 'likewise (pA, nA, A)');
}

export function registerCellType(command: MakeCommand, setExit: (code: number) => void): void {
  const celltype = command('celltype', 'transcriptomic subclass of a cell from its patch-clamp recording', [
    'celltype extract recordings/ --out features/',
  ]);
  const sub = (name: string, description: string, examples: readonly string[]): Command =>
    celltype
      .command(name)
      .description(description)
      .addHelpText(
        'after',
        `\nExamples:\n${examples.map((line) => `  $ spikebridge celltype ${line}`).join('\n')}`,
      );

  addOutputOptions(
    addSweepOptions(
      sub('extract', 'take features from current-clamp recordings, a cell a file', [
        'extract cell.nwb --out features/',
        'extract recordings/ more/cell.nwb --out features/ --jobs 4',
        'extract sweeps.csv --out features/ --current-unit pA',
      ])
        .argument('<path...>', 'recordings (NWB 2, csv, npy), and folders in which .nwb files are looked for')
        .requiredOption('--out <folder>', 'where features go; what is there and unchanged is kept')
        .addOption(new Option('--jobs <n>', 'files at a time; default all cores').argParser(parseThreads))
        .option('--force', 'extract everything anew'),
    ),
  ).action(async (paths: string[], flags: ExtractFlags) =>
    setExit(await (await import('./commands/celltype-extract.ts')).extractCells(paths, flags)),
  );
}
