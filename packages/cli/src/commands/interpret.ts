// `interpret`: looks inside a trained net on the test part: attention by lag, and which spikes of the past a prediction hangs on.
// Arrays and a document go into the run folder, and the report shows them; Ctrl-C keeps the windows looked at so far.
import type { Look, PairingChoice, PreparedTarget, Source, TrainedRun } from '@spikebridge/model';
import { interpretationText, keepLook, lookInto, SpikebridgeError, transformerOf } from '@spikebridge/model';
import type { EvaluateFlags } from '../evaluation-flags.ts';
import { holdInterrupt, INTERRUPTED } from '../interrupt.ts';
import type { GlobalFlags, ReadingFlags } from '../options.ts';
import { writeReport } from '../report.ts';
import { Terminal } from '../terminal.ts';
import { deviceOf, openRun, openSource } from '../trained-run.ts';
import { openTarget } from './evaluate.ts';

export interface InterpretFlags extends ReadingFlags, GlobalFlags {
  readonly run: string;
  readonly data?: string;
  readonly source?: string;
  readonly pairing?: PairingChoice;
  readonly windows?: number;
  readonly threads?: number;
  readonly force?: boolean;
}

/** Returns the exit code: 0, or 130 after Ctrl-C. */
export async function interpret(flags: InterpretFlags): Promise<number> {
  const terminal = Terminal.of(flags);
  const run = await openRun(flags.run);
  const source = await openSource(run, flags.source, terminal);
  const judged: EvaluateFlags = { ...flags, part: 'test' };
  const prepared = await openTarget(judged, run, source, terminal);
  const name = nameOf(flags, prepared);
  if (flags.force !== true && (await run.folder.store.read(`${name}.json`)) !== null)
    throw new SpikebridgeError('E_OUTPUT_EXISTS', 'the run was looked into already', {
      where: `${flags.run}/${name}.json`,
      fix: 'add --force to look again',
      exitCode: 2,
    });
  const seen = await look({ flags, run, source, prepared, terminal });
  if (seen.document.windows > 0) {
    await keepLook(run, name, seen);
    await writeReport(run.path);
  }
  terminal.result(
    `${interpretationText(seen.document)}\n\n${flags.run}/${name}.json, arrays in ${flags.run}/${name}/, charts in ${flags.run}/report.html`,
    seen.document,
  );
  return seen.whole ? 0 : INTERRUPTED;
}

interface LookCall {
  readonly flags: InterpretFlags;
  readonly run: TrainedRun;
  readonly source: Source;
  readonly prepared: PreparedTarget;
  readonly terminal: Terminal;
}

async function look({ flags, run, source, prepared, terminal }: LookCall): Promise<Look> {
  // What it cannot look into is refused before a device is opened.
  transformerOf(run);
  const device = await deviceOf(run, flags.threads);
  terminal.note(`run ${flags.run}: step ${run.step}, ${device.choice.description}`);
  const interrupt = holdInterrupt(() => {
    terminal.note('\nstopping; what was seen so far will be written (Ctrl-C again: leave at once)');
  });
  try {
    return await lookInto({
      ...{ run, source, prepared, device, windows: flags.windows },
      ...{ signal: interrupt.signal, listener: terminal },
    });
  } finally {
    interrupt.release();
    device.dispose();
  }
}

/** Name of the document and of the folder beside it. */
const nameOf = ({ data }: InterpretFlags, { target }: PreparedTarget): string =>
  data === undefined
    ? 'interpretation'
    : `interpretation.${target.name.replace(/[^\w.-]+/g, '-')}.${target.pairing}`;
