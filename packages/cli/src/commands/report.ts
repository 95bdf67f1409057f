// `report`: one HTML file of a run, or of several side by side, from what lies in their folders.
import { basename, dirname, join, resolve } from 'node:path';
import type { ReportRun } from '@spikebridge/model';
import { htmlReport, reportRun, SpikebridgeError } from '@spikebridge/model';
import { refuseToOverwrite, writeWhole } from '../host/files.ts';
import type { GlobalFlags } from '../options.ts';
import { REPORT_FILE } from '../report.ts';
import { formatBytes, Terminal } from '../terminal.ts';
import { openFolder } from '../trained-run.ts';

export interface ReportFlags extends GlobalFlags {
  readonly out?: string;
  readonly force?: boolean;
}

export async function report(paths: readonly string[], flags: ReportFlags): Promise<void> {
  const terminal = Terminal.of(flags);
  const [first] = paths;
  if (new Set(paths.map((path) => resolve(path))).size < paths.length)
    throw new SpikebridgeError('E_USAGE', 'a run is named twice', {
      fix: 'name every run folder once',
      exitCode: 2,
    });
  // A run's own report is made of what lies beside it, and made anew at every evaluation; any other file is somebody's.
  const own = paths.length === 1 && flags.out === undefined;
  const out = own ? join(first, REPORT_FILE) : (flags.out ?? REPORT_FILE);
  if (!own) refuseToOverwrite(out, flags.force === true);
  const names = namesOf(paths);
  const runs: ReportRun[] = [];
  for (const [index, path] of paths.entries())
    runs.push(await reportRun(await openFolder(path), names[index]));
  const title = runs.length === 1 ? `Spikebridge run ${names[0]}` : `Spikebridge: ${names.join(', ')}`;
  const html = await htmlReport({ title, runs });
  writeWhole(out, html);
  const pairs = runs.reduce((sum, run) => sum + run.pairs.length, 0);
  const seen = runs.reduce((sum, run) => sum + (run.interpretations?.length ?? 0), 0);
  const bytes = Buffer.byteLength(html);
  terminal.result(
    `${out}: ${count(runs.length, 'run')}, ${count(pairs, 'evaluation')}, ${count(seen, 'look', 'looks')} inside, ${formatBytes(bytes)}`,
    { schema: 'spikebridge.report/1', out, runs: names, evaluations: pairs, interpretations: seen, bytes },
  );
}

const count = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;

/** Names of folders, with that of the folder around them where two are called the same. */
function namesOf(paths: readonly string[]): string[] {
  const short = paths.map((path) => basename(resolve(path)));
  return short.map((name, index) =>
    short.indexOf(name) === short.lastIndexOf(name)
      ? name
      : `${basename(dirname(resolve(paths[index])))}/${name}`,
  );
}
