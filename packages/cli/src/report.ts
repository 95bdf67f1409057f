// `report.html` of a run folder.
import { basename } from 'node:path';
import { htmlReport, reportRun } from '@spikebridge/model';
import { openFolder } from './trained-run.ts';

export const REPORT_FILE = 'report.html';

/** Writes the report of one run: every evaluation in its folder. */
export async function writeReport(path: string): Promise<void> {
  const folder = await openFolder(path);
  const name = basename(path);
  const html = await htmlReport({ title: `Spikebridge run ${name}`, runs: [await reportRun(folder, name)] });
  await folder.store.write(REPORT_FILE, new TextEncoder().encode(html));
}
