// The commands of `celltype` and their options.
import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import type { CellEvaluateFlags } from './commands/celltype-evaluate.ts';
import type { ExtractFlags } from './commands/celltype-extract.ts';
import type { CellPredictFlags } from './commands/celltype-predict.ts';
import type { CellReportFlags } from './commands/celltype-report.ts';
import type { CellTrainFlags } from './commands/celltype-train.ts';
import type { TransferFlags } from './commands/celltype-transfer.ts';
import { addOutputOptions, collect, parseCount, parsePositive, parseThreads } from './options.ts';
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
    'celltype predict cell.nwb --species mouse',
    'celltype extract recordings/ --out features/',
    'celltype evaluate --species human --tables patchseq/ --json',
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

  addOutputOptions(
    addSweepOptions(
      sub('predict', 'call the subclass of a cell from its recording, or abstain', [
        'predict cell.nwb --species mouse',
        'predict cell.nwb --species human --model human.safetensors',
        'predict cell.nwb --species mouse --min-accuracy 0.98 --json',
      ])
        .argument('<path...>', 'recordings (NWB 2, csv, npy), a cell each')
        .addOption(species())
        .option('--model <file>', 'a model of `celltype train`; default the one that comes with the program')
        .addOption(
          new Option(
            '--min-accuracy <share>',
            'call where held-out cells as sure were right this often; 0 calls every cell',
          )
            .argParser(parseShare)
            .default(0.95),
        ),
    ),
  ).action(async (paths: string[], flags: CellPredictFlags) =>
    (await import('./commands/celltype-predict.ts')).predictCells(paths, flags),
  );

  addOutputOptions(
    addTableOptions(
      sub('train', 'make a model of a table of cells: one file, and its card', [
        'train --species human --tables patchseq/ --out human.safetensors',
        'train --species mouse --table cells.csv --map columns.yaml --out own.safetensors',
      ])
        .requiredOption('--out <file.safetensors>', 'the model; its card is written beside it as .md')
        .addOption(new Option('--seed <n>', 'starts the random stream').argParser(parseCount).default(1))
        .addOption(new Option('--folds <n>', 'of donors, for its figures').argParser(parseThreads).default(5))
        .option('--force', 'replace what is there'),
    ),
  ).action(async (flags: CellTrainFlags) => (await import('./commands/celltype-train.ts')).trainCells(flags));

  addOutputOptions(
    addTableOptions(
      sub('evaluate', 'judge classifiers of a table on donors they have not seen', [
        'evaluate --species mouse --tables patchseq/',
        'evaluate --species human --tables patchseq/ --split stratified --json',
        'evaluate --species human --tables patchseq/ --model mixture --out judged/',
      ])
        .addOption(
          new Option('--split <how>', 'folds of whole donors, or of cells (the paper: leaks)')
            .choices(['donor', 'stratified'])
            .default('donor'),
        )
        .addOption(
          new Option(
            '--model <name>',
            'a classifier, again for more; default all but the nets (family-net ...)',
          )
            .argParser(collect)
            .default([]),
        )
        .addOption(new Option('--folds <n>', 'parts of each repeat').argParser(parseThreads).default(5))
        .addOption(
          new Option('--repeats <n>', 'times with other folds; default 5 for mouse, 10 for human').argParser(
            parseThreads,
          ),
        )
        .addOption(new Option('--seed <n>', 'of folds and fits').argParser(parseCount).default(1))
        .addOption(new Option('--draws <n>', 'resamples of donors').argParser(parseThreads).default(1000))
        .option('--apart-by <attribute>', 'also judge cells apart by this; default culture for human')
        .option('--out <folder>', 'keep folds and the document here, and go on from what is there')
        .addOption(new Option('--jobs <n>', 'fits at a time; default all cores').argParser(parseThreads)),
    ),
  ).action(async ({ model, ...flags }: Omit<CellEvaluateFlags, 'models'> & { model: string[] }) =>
    setExit(
      await (await import('./commands/celltype-evaluate.ts')).evaluateCells({ ...flags, models: model }),
    ),
  );

  addOutputOptions(
    sub('transfer', 'what mouse cells add to a classifier of human cells, by how many human donors it has', [
      'transfer --tables patchseq/ --out transfer/',
      'transfer --tables patchseq/ --fractions 5,10 --method pooled-by-class --json',
    ])
      .requiredOption(
        '--tables <folder>',
        'a folder with the published tables of both species (docs/celltypes.md)',
      )
      .addOption(
        new Option('--fractions <list>', 'per cent of the human training donors')
          .argParser(parseFractions)
          .default([5, 10, 25, 50, 100], '5,10,25,50,100'),
      )
      .addOption(
        new Option(
          '--method <name>',
          'a way of transfer, again for more; default all but the nets (family-net, family-net-fine-tuned, family-net-joint)',
        )
          .argParser(collect)
          .default([]),
      )
      .addOption(new Option('--folds <n>', 'of human donors').argParser(parseThreads).default(5))
      .addOption(
        new Option('--repeats <n>', 'times with other folds and other training donors')
          .argParser(parseThreads)
          .default(10),
      )
      .addOption(new Option('--seed <n>', 'of folds, donors and fits').argParser(parseCount).default(1))
      .addOption(
        new Option('--draws <n>', 'resamples of donors and repeats').argParser(parseThreads).default(1000),
      )
      .option('--out <folder>', 'keep folds and the document here, and go on from what is there')
      .addOption(new Option('--jobs <n>', 'fits at a time; default all cores').argParser(parseThreads)),
  ).action(async ({ method, ...flags }: Omit<TransferFlags, 'methods'> & { method: string[] }) =>
    setExit(
      await (await import('./commands/celltype-transfer.ts')).transferCells({ ...flags, methods: method }),
    ),
  );

  addOutputOptions(
    sub('report', 'put what was judged, called and extracted into one HTML file', [
      'report judged/',
      'report judged/ features/ calls.json --out cells.html',
      'report judged/ --tables patchseq/',
    ])
      .argument(
        '[path...]',
        'folders of celltype evaluate, transfer and extract, and what celltype predict --json printed',
      )
      .option(
        '--out <file.html>',
        'where to write; default report.html in the folder, or where you are for several',
      )
      .option('--tables <folder>', 'the published tables: their cells on a plane, both species')
      .addOption(new Option('--seed <n>', 'of the plane').argParser(parseCount).default(1))
      .option('--force', 'replace a file that is there'),
  ).action(async (paths: string[], flags: CellReportFlags) =>
    setExit(await (await import('./commands/celltype-report.ts')).reportCells(paths, flags)),
  );
}

const species = (): Option =>
  new Option('--species <name>', 'of the cells').choices(['mouse', 'human']).makeOptionMandatory();

/** Where a table of cells is. */
function addTableOptions(command: Command): Command {
  return command
    .addOption(species())
    .option('--tables <folder>', 'a folder with the published tables (docs/celltypes.md)')
    .option('--table <file.csv>', 'a table of your own, with --map')
    .option('--map <columns.yaml>', 'what its columns are');
}

function parseShare(text: string): number {
  const share = Number(text);
  if (text.trim() === '' || !(share >= 0 && share < 1))
    throw new InvalidArgumentError(`"${text}" is no share; a number from 0 to below 1 is expected.`);
  return share;
}

function parseFractions(text: string): number[] {
  const found = text.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)));
  if (found.some((percent) => !(percent > 0 && percent <= 100)) || new Set(found).size < found.length)
    throw new InvalidArgumentError(`"${text}" is no list of percentages; 5,10,100 is one.`);
  return found.sort((a, b) => a - b);
}
