// What a run folder holds, gathered for its report. Documents that cannot be read (of another version, cut by hand) are left out.
import type { EvaluationDocument } from '../evaluation/document.ts';
import { interpretationDocumentSchema } from '../interpretation/document.ts';
import type { InterpretationDocument } from '../interpretation/document.ts';
import type { ReportRun } from '../report/html-report.ts';
import type { RunFolder } from '../training/run-folder.ts';
import { evaluationFiles, readDocument, readEvaluation } from './kept-documents.ts';
import { dataRecord, describeEnvironment } from './run-record.ts';
import { trainCommand } from './typed-command.ts';

/** Every evaluation that can be read, the own held-out part first. */
async function readEvaluations(folder: RunFolder): Promise<EvaluationDocument[]> {
  const found: EvaluationDocument[] = [];
  for (const name of await evaluationFiles(folder)) {
    const document = await readEvaluation(folder, name);
    if (document !== undefined) found.push(document);
  }
  return found;
}

/** What was seen inside the net of a run, its own test part first. */
async function readInterpretations(folder: RunFolder): Promise<InterpretationDocument[]> {
  const names = (await folder.store.list('')).filter((name) => /^interpretation(\..+)?\.json$/.test(name));
  const own = (name: string) => Number(name === 'interpretation.json');
  const found: InterpretationDocument[] = [];
  for (const name of names.sort((a, b) => own(b) - own(a) || (a < b ? -1 : 1))) {
    const document = await readDocument(folder, name, interpretationDocumentSchema);
    if (document !== undefined) found.push(document);
  }
  return found;
}

/** A run as the report tells it. */
export async function reportRun(folder: RunFolder, name: string): Promise<ReportRun> {
  const { config, hash } = folder.resolved;
  const data = dataRecord(folder);
  const state = (await folder.latest())?.state;
  const best = state?.best ?? null;
  const evaluations = await readEvaluations(folder);
  return {
    name,
    facts: [
      ['data', `${data.name} (${data.format})`],
      ['fingerprint of the trains', data.fingerprint.slice(0, 16)],
      ['preset', config.preset],
      ['loss', config.loss.kind],
      ['seed', String(config.seed)],
      ['deterministic', config.deterministic ? 'yes' : 'no'],
      ['configuration', hash],
      ['training', state === undefined ? 'no checkpoint' : `${state.status} at step ${String(state.step)}`],
      ['best step on source validation', best === null ? '-' : String(best.step)],
      ...describeEnvironment(folder),
    ],
    metrics: await folder.metrics(),
    pairs: evaluations.flatMap(({ pairs }) => pairs),
    interpretations: await readInterpretations(folder),
    commands: [
      `# trains ${data.fingerprint}`,
      `# configuration ${hash}`,
      trainCommand(folder, name),
      ...evaluations.flatMap(({ command }) => (command === undefined ? [] : [command])),
    ],
  };
}
