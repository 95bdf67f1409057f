// The commands and their options, and the rule for exit codes: 0 done, 1 data or run at fault, 2 request at fault,
// 130 interrupted. A command's module is loaded only when it runs.
import { Command, CommanderError, Option } from 'commander';
import type { BinFlags } from './commands/bin.ts';
import type { ServeFlags } from './commands/serve.ts';
import { addOutputOptions, addReadingOptions, parsePort, parsePositive, parseSeconds } from './options.ts';
import type { GlobalFlags, ReadingFlags } from './options.ts';
import { registerLearning } from './program-learning.ts';
import { registerCellType } from './program-celltype.ts';
import { registerMatrix } from './program-matrix.ts';
import { Terminal } from './terminal.ts';
import { VERSION } from '@spikebridge/model';

/** Runs one command line; never throws. Returns the exit code. */
export async function runProgram(words: readonly string[]): Promise<number> {
  const terminal = Terminal.of({
    json: words.includes('--json'),
    verbose: words.includes('--verbose') || words.includes('-v'),
  });
  let exitCode = 0;
  const program = createProgram((code) => (exitCode = code));
  try {
    await program.parseAsync(words, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) return terminal.failure(error);
    if (error.exitCode === 0 || error.code === 'commander.help') return error.exitCode === 0 ? 0 : 2;
    return terminal.usage(error.message);
  }
}

/** `setExit` receives the exit code of commands that end otherwise than done without being at fault (130). */
export function createProgram(setExit: (code: number) => void): Command {
  const program = new Command('spikebridge')
    .description('Learn spike trains in vitro, predict and judge them in vivo, and back, without a leak.')
    .version(VERSION)
    .exitOverride()
    // Errors are said once, by runProgram, in the form all errors have.
    .configureOutput({ outputError: () => undefined })
    .showHelpAfterError(false)
    .addHelpText(
      'after',
      `
Examples:
  $ spikebridge demo
  $ spikebridge inspect recording.nwb
  $ spikebridge train --data recording.nwb --out runs/first
  $ spikebridge evaluate --run runs/first

Exit codes: 0 done, 1 the data or the run is at fault, 2 the request is, 130 interrupted.`,
    );
  const command = (name: string, description: string, examples: readonly string[]): Command => {
    const made = program.command(name).description(description);
    if (examples.length > 0)
      made.addHelpText(
        'after',
        `\nExamples:\n${examples.map((line) => `  $ spikebridge ${line}`).join('\n')}`,
      );
    return made;
  };

  addOutputOptions(
    addReadingOptions(
      command('inspect', 'say what a recording holds and what its reader assumed', [
        'inspect phy-folder/',
        'inspect asdf.mat --fs 30000',
        'inspect units.nwb --json | jq .rates',
      ]).argument('<file>', 'file or folder of a recording'),
    ),
  ).action(async (file: string, flags: ReadingFlags & GlobalFlags) =>
    (await import('./commands/inspect.ts')).inspect(file, flags),
  );

  addOutputOptions(
    addReadingOptions(
      command('bin', 'write a recording as a raster (bins, units) in .npy, with a .json beside it', [
        'bin recording.nwb --out raster.npy',
        'bin asdf.mat --fs 30000 --out raster.npy --layout bytes --bin-ms 5',
      ])
        .argument('<file>', 'file or folder of a recording')
        .requiredOption('--out <file.npy>', 'array to write')
        .addOption(
          new Option('--layout <layout>', 'packed: 8 units a byte; bytes: one byte a unit')
            .choices(['packed', 'bytes'])
            .default('packed'),
        )
        .addOption(
          new Option('--bin-ms <ms>', 'bin width in milliseconds').argParser(parsePositive).default(1),
        )
        .addOption(new Option('--start <seconds>', 'first second to take').argParser(parseSeconds))
        .addOption(new Option('--stop <seconds>', 'second to stop at').argParser(parseSeconds))
        .option('--force', 'replace what is there'),
    ),
  ).action(async (file: string, flags: BinFlags) => (await import('./commands/bin.ts')).bin(file, flags));

  addOutputOptions(
    command('serve', 'open the browser app, from this machine and to this machine alone', [
      'serve',
      'serve --port 8800 --no-open',
    ])
      .addOption(
        new Option('--port <n>', 'port; default 8717, or the next one that is free').argParser(parsePort),
      )
      .option('--no-open', 'print the address and open no browser'),
  ).action(async (flags: ServeFlags) => (await import('./commands/serve.ts')).serve(flags));

  registerLearning(command, setExit);
  registerMatrix(command, setExit);
  registerCellType(command, setExit);
  return program;
}
