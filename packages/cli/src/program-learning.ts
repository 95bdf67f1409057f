// The commands that train and judge: their options, and the module each one loads when it runs.
import { Argument, Option } from 'commander';
import type { Command } from 'commander';
import type { DemoFlags } from './commands/demo.ts';
import type { DoctorFlags } from './commands/doctor.ts';
import type { EvaluateFlags } from './evaluation-flags.ts';
import type { ExportFlags } from './commands/export.ts';
import type { GenerateFlags } from './commands/generate.ts';
import type { InterpretFlags } from './commands/interpret.ts';
import type { PredictFlags } from './commands/predict.ts';
import type { ReportFlags } from './commands/report.ts';
import type { RunsFlags } from './commands/runs.ts';
import type { StatisticsFlags } from './commands/statistics.ts';
import type { TrainFlags } from './commands/train.ts';
import {
  addOutputOptions,
  addReadingOptions,
  collect,
  parseBins,
  parseCount,
  parsePercentages,
  parsePositive,
  parseSeconds,
  parseThreads,
} from './options.ts';

/** Makes a command with its description and examples. */
export type MakeCommand = (name: string, description: string, examples: readonly string[]) => Command;

/** `setExit` receives the exit code of commands that may end neither done nor at fault (130). */
export function registerLearning(command: MakeCommand, setExit: (code: number) => void): void {
  addOutputOptions(
    addReadingOptions(
      command('train', 'train a model on the first part of a recording', [
        'train --data recording.nwb --out runs/first',
        'train --data asdf.mat --bin-unit 1ms --out runs/dice --loss dice --seed 2 --split 80,20,0',
        'train --data recording.nwb --out runs/first --resume',
        'train --data recording.nwb --out runs/wide --set net.width=256 --dry-run',
        'train --data recording.nwb --out runs/gpu --device webgpu --profile trace.json',
        'train --net unit-free --data slice.mat --bin-unit 1ms --also culture.h5 --out runs/vitro',
      ])
        .requiredOption('--data <file>', 'file or folder of a recording')
        .requiredOption('--out <folder>', 'run folder to write')
        .addOption(
          new Option(
            '--net <kind>',
            'unit-free: one net for every unit, to be taken to other recordings',
          ).choices(['transformer', 'unit-free']),
        )
        .option(
          '--also <file>',
          'another recording to learn from, with --net unit-free; how to read it after commas: a.mat,fs=30000,select=x',
          collect,
          [],
        )
        .option(
          '--preset <name>',
          'paper, small, base, unit-free or unit-free-rates (docs/runs.md); default small',
        )
        .option('--loss <kind>', 'bce, focal, dice or dice-per-unit')
        .addOption(new Option('--seed <n>', 'starts every random stream').argParser(parseCount))
        .option('--device <name>', 'auto, wasm, webgpu or reference (docs/webgpu.md)')
        .addOption(
          new Option('--split <a,b,c>', 'training, validation and test in percent, in time order').argParser(
            parsePercentages,
          ),
        )
        .addOption(new Option('--start <seconds>', 'first second to use').argParser(parseSeconds))
        .addOption(new Option('--stop <seconds>', 'second to stop at').argParser(parseSeconds))
        .option('--config <file.yaml>', 'any subset of the configuration')
        .option(
          '--set <key=value>',
          'one configuration value, such as training.learningRate=0.001',
          collect,
          [],
        )
        .addOption(new Option('--threads <n>', 'threads to use; default all cores').argParser(parseThreads))
        .option('--deterministic', 'the same bits on any host, at any thread count')
        .option('--dry-run', 'say what would be done, in memory and time, and write nothing')
        .option(
          '--profile <trace.json>',
          "time every kernel of one step on the GPU's own clock (Chrome trace)",
        )
        .option('--resume', 'go on from the newest whole checkpoint of --out')
        .option('--force', 'replace a run that is there'),
    ),
  ).action(async (flags: TrainFlags) => setExit(await (await import('./commands/train.ts')).train(flags)));

  addOutputOptions(
    addReadingOptions(
      command(
        'evaluate',
        'judge a run against every floor, on its own held-out part or on another recording',
        [
          'evaluate --run runs/first',
          'evaluate --run runs/vitro --data vivo.nwb --pairing rank',
          'evaluate --run runs/vitro --data vivo.nwb --level statistics --calibration-seconds 30',
          'evaluate --run runs/first --statistics',
          'evaluate --run runs/vivo --with runs/vitro-free --level tuned',
          'evaluate --run runs/first --guards',
          'evaluate --run runs/first --export scores/ --json > evaluation.json',
        ],
      )
        .requiredOption('--run <folder>', 'run folder of a trained model')
        .option(
          '--data <file>',
          'recording to judge on; default: the held-out part of the one it was trained on',
        )
        .option(
          '--with <folder>',
          'judge this run mixed with another: one of the same recording, or a unit-free one of any (repeatable)',
          collect,
          [],
        )
        .option('--source <file>', 'where the recording it was trained on lies, if it was moved')
        .option(
          '--calibrate <file>',
          "recording that gives the target units' rates; default: the target's training part",
        )
        .addOption(
          new Option(
            '--pairing <how>',
            'which source unit stands for which target unit (within: they are the same units); default index, unit-free: free',
          ).choices(['within', 'index', 'rank', 'random', 'free']),
        )
        .addOption(
          new Option(
            '--level <level>',
            "what may be known of the target's training part; default none (rank: rates; unit-free: what it was trained for)",
          ).choices(['none', 'rates', 'statistics', 'pairs', 'tuned']),
        )
        .addOption(
          new Option(
            '--calibration-seconds <s>',
            "how much of the target's training part is known: its last seconds; default all",
          ).argParser(parseSeconds),
        )
        .addOption(
          new Option('--part <part>', 'the last part of the recording, or all of it')
            .choices(['test', 'all'])
            .default('test'),
        )
        .addOption(
          new Option('--split <a,b,c>', 'split of the target; default as in training').argParser(
            parsePercentages,
          ),
        )
        .option(
          '--floors <keys>',
          'floors to judge beside the model, with commas between, or all, or none; default all (none with --guards)',
        )
        .addOption(
          new Option('--replicates <n>', 'bootstrap resamples of the intervals')
            .argParser(parseCount)
            .default(1000),
        )
        .option('--guards', 'run the three leak guards instead')
        .option(
          '--statistics',
          'also let the run go on by itself and compare its spike trains with the real ones (docs/statistics.md)',
        )
        .addOption(
          new Option(
            '--bins <n>',
            'bins to generate for --statistics; default half of the part that is scored, at most 300 s',
          ).argParser(parseBins),
        )
        .option('--match-rates', 'for --statistics, hold each unit to its rates in the known part')
        .option('--export <folder>', 'also write targets and every probability as .npy (bins, units)')
        .addOption(new Option('--threads <n>', 'threads to use; default all cores').argParser(parseThreads))
        .option('--force', 'replace exported files that are there'),
    ),
  ).action(async (flags: EvaluateFlags) =>
    setExit(await (await import('./commands/evaluate.ts')).evaluate(flags)),
  );

  addOutputOptions(
    addReadingOptions(
      command(
        'statistics',
        'compare the spike statistics of two recordings, or of one with its own halves and surrogates',
        [
          'statistics --data recording.nwb',
          'statistics --real recording.nwb --generated generated.csv',
          'statistics --real asdf_bh.mat --generated asdf_lh.mat --bin-unit 1ms --json > statistics.json',
        ],
      )
        .option('--data <file>', 'one recording: its halves (the ceiling) and its surrogates (the floors)')
        .option('--real <file>', 'recording to compare with')
        .option('--generated <file>', 'recording to compare: the same units, by id or else in the same order')
        .addOption(
          new Option('--part <part>', 'part of the recording (of --real) to take')
            .choices(['all', 'train', 'validation', 'test'])
            .default('all'),
        )
        .addOption(
          new Option('--split <a,b,c>', 'where its parts end, in percent').argParser(parsePercentages),
        )
        .addOption(
          new Option('--bin-ms <ms>', 'bin width in milliseconds').argParser(parsePositive).default(1),
        )
        .addOption(
          new Option('--seed <n>', 'starts surrogates and resamples').argParser(parseCount).default(1),
        )
        .addOption(
          new Option('--replicates <n>', 'bootstrap resamples of the intervals; 0 for none')
            .argParser(parseCount)
            .default(200),
        ),
    ),
  ).action(async (flags: StatisticsFlags) => (await import('./commands/statistics.ts')).statistics(flags));

  addOutputOptions(
    addReadingOptions(
      command('interpret', 'look inside a net: attention by lag, and which spikes a prediction hangs on', [
        'interpret --run runs/first',
        'interpret --run runs/vitro --data vivo.nwb --pairing rank --windows 64',
      ])
        .requiredOption('--run <folder>', 'run folder of a trained model')
        .option('--data <file>', 'recording whose test part to look at; default: the one it was trained on')
        .option('--source <file>', 'where the recording it was trained on lies, if it was moved')
        .addOption(
          new Option(
            '--pairing <how>',
            'which source unit stands for which target unit (within: they are the same units); default index',
          ).choices(['within', 'index', 'rank', 'random']),
        )
        .addOption(
          new Option(
            '--windows <n>',
            'bins to judge, each with a context of past; default 256, fewer for contexts above 1,024',
          ).argParser(parseBins),
        )
        .addOption(new Option('--threads <n>', 'threads to use; default all cores').argParser(parseThreads))
        .option('--force', 'replace what was seen before'),
    ),
  ).action(async (flags: InterpretFlags) =>
    setExit(await (await import('./commands/interpret.ts')).interpret(flags)),
  );

  addOutputOptions(
    addReadingOptions(
      command('predict', 'write the probability of every unit in every next bin as .npy (bins, units)', [
        'predict --run runs/first --data recording.nwb --out p.npy',
      ])
        .requiredOption('--run <folder>', 'run folder of a trained model')
        .requiredOption('--data <file>', 'recording to predict')
        .requiredOption('--out <file.npy>', 'array to write')
        .addOption(new Option('--start <seconds>', 'first second to take').argParser(parseSeconds))
        .addOption(new Option('--stop <seconds>', 'second to stop at').argParser(parseSeconds))
        .addOption(new Option('--threads <n>', 'threads to use; default all cores').argParser(parseThreads))
        .option('--force', 'replace what is there'),
    ),
  ).action(async (flags: PredictFlags) => (await import('./commands/predict.ts')).predict(flags));

  addOutputOptions(
    addReadingOptions(
      command('generate', 'sample spike trains from a trained run, bin by bin after a prompt', [
        'generate --run runs/first --prompt recording.nwb --bins 60000 --out free.npz',
        'generate --run runs/first --prompt silent --bins 600000 --out free.nwb --seed 2',
        'generate --run runs/vitro --prompt vivo.nwb --pairing rank --bins 60000 --out phy/ --match-rates',
      ])
        .requiredOption('--run <folder>', 'run folder of a trained model')
        .requiredOption('--prompt <file>', 'recording to begin after, or silent')
        .addOption(new Option('--bins <n>', 'bins to sample').argParser(parseBins).makeOptionMandatory())
        .requiredOption('--out <path>', 'file.npz (SpikeInterface), file.nwb, or folder/ (Phy)')
        .addOption(
          new Option('--format <format>', 'of the output; default by the name of --out').choices([
            'npz',
            'nwb',
            'phy',
          ]),
        )
        .addOption(
          new Option('--start <seconds>', 'where the prompt begins; default its first bin').argParser(
            parseSeconds,
          ),
        )
        .addOption(
          new Option(
            '--prompt-bins <n>',
            'bins of the prompt; default the context of the run, 1 for silent',
          ).argParser(parseBins),
        )
        .addOption(
          new Option(
            '--pairing <how>',
            'which unit of the prompt stands for which unit of the run (within: they are the same units); default index',
          ).choices(['within', 'index', 'rank', 'random']),
        )
        .option('--source <file>', 'where the recording it was trained on lies, if it was moved')
        .addOption(new Option('--seed <n>', 'starts the random stream').argParser(parseCount).default(1))
        .addOption(
          new Option('--temperature <t>', 'divides the log-odds of every probability')
            .argParser(parsePositive)
            .default(1),
        )
        .option('--match-rates', 'hold each unit to its rates in training')
        .addOption(
          new Option(
            '--device <name>',
            'where bins are drawn: the CPU (wasm, which auto means too) or a GPU',
          ).choices(['auto', 'wasm', 'webgpu']),
        )
        .addOption(
          new Option('--threads <n>', 'threads to use; more than 1 pay for wide nets only')
            .argParser(parseThreads)
            .default(1),
        )
        .option('--force', 'replace what is there'),
    ),
  ).action(async (flags: GenerateFlags) =>
    setExit(await (await import('./commands/generate.ts')).generateTrains(flags)),
  );

  addOutputOptions(
    command('export', 'write a trained net for other tools', [
      'export --run runs/first --format onnx --out model.onnx',
      'export --run runs/first --format safetensors --out model/',
    ])
      .requiredOption('--run <folder>', 'run folder of a trained model')
      .addOption(
        new Option('--format <format>', 'onnx: one file; safetensors: a folder of weights and config.json')
          .choices(['onnx', 'safetensors'])
          .makeOptionMandatory(),
      )
      .requiredOption('--out <path>', 'file or folder to write')
      .option('--force', 'replace what is there'),
  ).action(async (flags: ExportFlags) => (await import('./commands/export.ts')).exportNet(flags));

  addOutputOptions(
    command('report', 'write what is known of a run, or of several side by side, as one HTML file', [
      'report runs/first',
      'report runs/bce runs/dice --out losses.html',
    ])
      .argument('<runs...>', 'run folders')
      .option('--out <file.html>', 'file to write; default report.html, in the folder of a single run')
      .option('--force', 'replace what is there'),
  ).action(async (folders: string[], flags: ReportFlags) =>
    (await import('./commands/report.ts')).report(folders, flags),
  );

  addOutputOptions(
    command('runs', 'list runs, or compare the evaluations of some', [
      'runs',
      'runs list --folder results',
      'runs compare runs/bce runs/dice',
    ])
      .addArgument(new Argument('[action]', 'what to do').choices(['list', 'compare']).default('list'))
      .argument('[runs...]', 'run folders to compare')
      .option('--folder <folder>', 'where runs lie', 'runs'),
  ).action(async (action: 'list' | 'compare', folders: string[], flags: RunsFlags) =>
    (await import('./commands/runs.ts')).runs(action, folders, flags),
  );

  addOutputOptions(
    command(
      'doctor',
      'check this machine: runtime, SIMD, threads, GPU, and every kernel against the reference',
      ['doctor', 'doctor --json', 'doctor --all-cases'],
    )
      .addOption(new Option('--threads <n>', 'threads to use; default all cores').argParser(parseThreads))
      .option(
        '--all-cases',
        'every case on a software adapter too, which takes minutes; default there: the smallest of every kernel',
      ),
  ).action(async (flags: DoctorFlags) => setExit(await (await import('./commands/doctor.ts')).doctor(flags)));

  addOutputOptions(
    command('demo', 'simulate two recordings, train on each, judge all four directions against every floor', [
      'demo',
      'demo --quick --out runs/quick-demo',
    ])
      .option('--out <folder>', 'where its runs go', 'runs/demo')
      .addOption(new Option('--seed <n>', 'starts every random stream').argParser(parseCount).default(1))
      .addOption(new Option('--threads <n>', 'threads to use; default all cores').argParser(parseThreads))
      .option('--quick', 'smaller and shorter: shows the way, not the result')
      .option('--force', 'replace a demo that is there'),
  ).action(async (flags: DemoFlags) => setExit(await (await import('./commands/demo.ts')).demo(flags)));
}
