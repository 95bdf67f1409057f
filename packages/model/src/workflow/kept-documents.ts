// Documents that a run folder keeps. Those that cannot be read (of another version, cut by hand) count as not there.
import { evaluationDocumentSchema } from '../evaluation/document.ts';
import type { EvaluationDocument } from '../evaluation/document.ts';
import type { RunFolder } from '../training/run-folder.ts';

/** The evaluation of a run on its own held-out part. */
export const OWN_EVALUATION = 'evaluation.json';

/** Names of the evaluations in a run folder: its own held-out part first. */
export async function evaluationFiles(folder: RunFolder): Promise<string[]> {
  const names = (await folder.store.list('')).filter((name) => /^evaluation(\..+)?\.json$/.test(name));
  return names.sort(
    (a, b) => Number(b === OWN_EVALUATION) - Number(a === OWN_EVALUATION) || (a < b ? -1 : 1),
  );
}

/** An evaluation of a run folder; undefined where it is not there or not of this version. */
export const readEvaluation = (folder: RunFolder, name: string): Promise<EvaluationDocument | undefined> =>
  readDocument(folder, name, evaluationDocumentSchema);

/** A document of a run folder; undefined where it is not there or not what its schema says. */
export async function readDocument<T>(
  folder: RunFolder,
  name: string,
  schema: { safeParse(value: unknown): { success: true; data: T } | { success: false } },
): Promise<T | undefined> {
  const bytes = await folder.store.read(name);
  if (bytes === null) return undefined;
  try {
    const parsed = schema.safeParse(JSON.parse(new TextDecoder().decode(bytes)));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
