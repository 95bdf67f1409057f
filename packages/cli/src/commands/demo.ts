// `demo`: two simulated recordings, a model trained on each, all four directions judged against every floor. It runs the
// very commands a user would type, and says them.
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { EvaluationDocument, EvaluationPair, Recording } from '@spikebridge/model';
import {
  encodeSpikeInterfaceNpz,
  EVALUATION_SCHEMA,
  formatDuration,
  htmlReport,
  reportRun,
  simulateInVitro,
  simulateInVivo,
} from '@spikebridge/model';
import { refuseToOverwrite, writeWhole } from '../host/files.ts';
import { holdInterrupt, INTERRUPTED } from '../interrupt.ts';
import type { GlobalFlags } from '../options.ts';
import { REPORT_FILE } from '../report.ts';
import { openFolder } from '../trained-run.ts';
import { formatTable, Terminal } from '../terminal.ts';
import { evaluateRun } from './evaluate.ts';
import type { EvaluateFlags } from '../evaluation-flags.ts';
import { trainRun } from './train.ts';

export interface DemoFlags extends GlobalFlags {
  readonly out: string;
  readonly seed: number;
  readonly threads?: number;
  readonly quick?: boolean;
  readonly force?: boolean;
}

interface DemoSize {
  readonly units: number;
  readonly seconds: number;
  readonly sets: readonly string[];
  readonly replicates: number;
}

/** About two minutes on two cores; `--quick` about ten seconds, too short to learn much. */
const FULL: DemoSize = {
  units: 32,
  seconds: 120,
  replicates: 400,
  sets: ['data.units=32', 'training.steps=250', 'training.context=256', 'training.evaluateEverySteps=50'],
};
const QUICK: DemoSize = {
  units: 8,
  seconds: 20,
  replicates: 50,
  sets: [
    'data.units=8',
    'net.width=32',
    'net.feedForward=32',
    'training.steps=40',
    'training.context=128',
    'training.warmupSteps=5',
    'training.evaluateEverySteps=20',
  ],
};

const KINDS = [
  { name: 'in-vitro', simulate: simulateInVitro },
  { name: 'in-vivo', simulate: simulateInVivo },
] as const;

/** Returns 0, or 130 after Ctrl-C. */
export async function demo(flags: DemoFlags): Promise<number> {
  const terminal = Terminal.of(flags);
  const started = performance.now();
  const size = flags.quick === true ? QUICK : FULL;
  if (existsSync(flags.out)) {
    refuseToOverwrite(flags.out, flags.force === true);
    rmSync(flags.out, { recursive: true });
  }
  const paths = KINDS.map(({ name, simulate }) => {
    const recording = simulate({ units: size.units, seconds: size.seconds, seed: flags.seed });
    return {
      name,
      data: writeRecording(join(flags.out, `${name}.npz`), recording),
      run: join(flags.out, name),
    };
  });
  terminal.note(
    `simulated ${size.seconds} s of ${size.units} units, in vitro-like and in vivo-like, in ${flags.out}/`,
  );
  for (const { name, data, run } of paths) {
    terminal.note(
      `\n$ spikebridge train --data ${data} --out ${run} ${size.sets.map((set) => `--set ${set}`).join(' ')}`,
    );
    const trained = await trainRun(
      { ...common(flags), data, out: run, seed: flags.seed, set: size.sets },
      terminal,
    );
    if (trained?.result.status === 'interrupted') {
      terminal.result(`demo: interrupted while training ${name}; run it again with --force`, {
        interrupted: true,
      });
      return INTERRUPTED;
    }
  }
  const pairs = await judgeDirections(paths, flags, size, terminal);
  if (pairs === undefined) return INTERRUPTED;
  const document: EvaluationDocument = { schema: EVALUATION_SCHEMA, pairs };
  writeWhole(join(flags.out, 'evaluation.json'), `${JSON.stringify(document, null, 2)}\n`);
  const runs = [];
  for (const { name, run } of paths) runs.push(await reportRun(await openFolder(run), name));
  const title = 'Spikebridge demo: two simulated recordings, four directions';
  writeWhole(join(flags.out, REPORT_FILE), await htmlReport({ title, runs }));
  const table = describe(pairs);
  writeWhole(join(flags.out, 'table.txt'), `${table}\n`);
  const seconds = (performance.now() - started) / 1000;
  terminal.result(
    `${table}\n\nSimulated recordings: these numbers say that everything works, nothing about brains.\n` +
      `${flags.out}/ holds data, runs, evaluation.json and report.html; ${formatDuration(seconds)}`,
    document,
  );
  return 0;
}

interface DemoRun {
  readonly name: string;
  readonly data: string;
  readonly run: string;
}

/** Every run on every recording; undefined after Ctrl-C, which is heard between directions too. */
async function judgeDirections(
  paths: readonly DemoRun[],
  flags: DemoFlags,
  size: DemoSize,
  terminal: Terminal,
): Promise<EvaluationPair[] | undefined> {
  const quiet = new Terminal({ ...terminal.options, quiet: true });
  const interrupt = holdInterrupt(() => undefined);
  const pairs: EvaluationPair[] = [];
  try {
    for (const source of paths)
      for (const target of paths) {
        const across: Partial<EvaluateFlags> =
          source === target ? {} : { data: target.data, pairing: 'rank' };
        const words = source === target ? '' : ` --data ${target.data} --pairing rank`;
        terminal.note(`$ spikebridge evaluate --run ${source.run}${words}`);
        const document = await evaluateRun(
          { ...common(flags), ...across, run: source.run, part: 'test', replicates: size.replicates },
          quiet,
        );
        if (document === undefined || interrupt.signal.aborted) {
          terminal.result(
            `demo: interrupted while judging ${source.name} on ${target.name}\n` +
              `  kept: both trained runs in ${flags.out}/; judge one with spikebridge evaluate --run ${source.run}\n` +
              '  begin anew with: spikebridge demo --force',
            { schema: 'spikebridge.interruption/1', interrupted: true, run: source.run, kept: [flags.out] },
          );
          return undefined;
        }
        pairs.push(...document.pairs);
      }
    return pairs;
  } finally {
    interrupt.release();
  }
}

const common = ({ threads, json, quiet, verbose }: DemoFlags) => ({
  ...(threads === undefined ? {} : { threads }),
  ...(json === undefined ? {} : { json }),
  ...(quiet === undefined ? {} : { quiet }),
  ...(verbose === undefined ? {} : { verbose }),
});

/** As a SpikeInterface archive: integer samples with their rate, so nothing has to be said to read it back. */
function writeRecording(path: string, recording: Recording): string {
  writeWhole(path, encodeSpikeInterfaceNpz(recording));
  return path;
}

/** One row a predictor, one column a direction: bits/spike over own rate, recalibrated on source validation. */
function describe(pairs: readonly EvaluationPair[]): string {
  const keys = [
    'own-rate',
    'recent-rate',
    'plug-in',
    'own-history',
    'population',
    'coupled',
    'shared-kernel',
    'model',
  ] as const;
  const cell = (pair: EvaluationPair, key: (typeof keys)[number]): string => {
    const estimate = pair.scores[key]?.bitsPerSpike;
    if (estimate?.value === null || estimate === undefined) return '-';
    const mark = key === pair.bestFloor ? '*' : '';
    const half =
      estimate.low === null || estimate.high === null
        ? ''
        : ` +/- ${((estimate.high - estimate.low) / 2).toFixed(3)}`;
    return `${mark}${estimate.value.toFixed(3)}${half}`;
  };
  const direction = ({ source, target, level }: EvaluationPair) =>
    `${source} -> ${target}${source === target ? '' : ` (${level})`}`;
  const auc = (pair: EvaluationPair) => pair.scores.model?.rocAuc.value;
  return [
    'bits/spike over own rate (recalibrated on source validation; half width of the 95 % interval; * = best floor)',
    '',
    formatTable(
      ['predictor', ...pairs.map(direction)],
      [
        ...keys.map((key) => [key, ...pairs.map((pair) => cell(pair, key))]),
        ['model ROC-AUC', ...pairs.map((pair) => auc(pair)?.toFixed(3) ?? '-')],
      ],
    ),
  ].join('\n');
}
