// The manifest of a matrix: which recordings, losses and seeds are crossed, and how the crossings are judged. What it says is checked
// here; where its files lie is the host's affair.
import { parse } from 'yaml';
import { z } from 'zod';
import { valueAt } from '../config/key-paths.ts';
import { nearestName } from '../config/nearest.ts';
import { lossSchema } from '../config/schema.ts';
import { SpikebridgeError } from '../errors.ts';
import { FLOOR_KEYS } from '../evaluation/floors/fit.ts';
import { KNOWLEDGE_LEVELS } from '../evaluation/types.ts';

export const DOMAINS = ['in-vitro', 'in-vivo'] as const;
export type Domain = (typeof DOMAINS)[number];

/** Part of file names, with dots between: letters, digits, dashes and underscores. */
const name = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9_-]*$/,
    'expected letters, digits, - and _, because it becomes part of file names',
  );
const fingerprint = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'expected the 64 hexadecimal digits that matrix --dry-run --json prints');
const share = z.number().min(0).max(100);

const recordingSchema = z.strictObject({
  name,
  domain: z.enum(DOMAINS),
  /** File or folder to train on: relative to the manifest, or from a variable of the environment such as ${SPIKEBRIDGE_DATA}. */
  path: z.string().min(1),
  /** A later recording of the same units to judge on, in place of the last part of `path`. */
  test: z.string().min(1).optional(),
  /** What the file does not say of its clock, as on the command line. */
  fs: z.number().positive().optional(),
  binUnit: z.union([z.string(), z.number()]).optional(),
  select: z.string().optional(),
  /** Unit rule: any subset of data.selection. It holds where the recording is a source and where it is a target. */
  units: z.record(z.string(), z.unknown()).optional(),
  /** Training, validation and test in percent; 80, 20, 0 where `test` names a file, else the preset's. */
  split: z.tuple([share, share, share]).optional(),
  /** SHA-256 of the spike trains, checked where given. */
  fingerprint: fingerprint.optional(),
  testFingerprint: fingerprint.optional(),
});
export type ManifestRecording = z.infer<typeof recordingSchema>;

const floorChoice = z.union([z.enum(['all', 'none']), z.array(z.enum(FLOOR_KEYS)).min(1)]);

const evaluationSchema = z.strictObject({
  /** Which source unit stands for which target unit across recordings; within one they are the same units. A unit-free net: `free`. */
  pairing: z.enum(['index', 'rank', 'random', 'free']).default('rank'),
  /** What may be known of a target; by default `rates` under pairing by rank, else `none`. */
  // A fit on the target is a run of its own, mixed in by `evaluate --with`: no cell of a matrix.
  level: z.enum(KNOWLEDGE_LEVELS).exclude(['tuned']).optional(),
  calibrationSeconds: z.number().positive().optional(),
  /** Floors to judge beside the model: one choice, or one within a recording and one across recordings. */
  floors: z
    .union([floorChoice, z.strictObject({ within: floorChoice, across: floorChoice })], {
      error: `expected all, none, a list of ${FLOOR_KEYS.join(', ')}, or one of these under within and one under across`,
    })
    .default('all'),
  /** Score the first seconds of every test part only; all of it when left out. */
  testSeconds: z.number().positive().optional(),
  /**
   * Tune thresholds and recalibration of every predictor on the first seconds of a source's validation part only; all of it when left
   * out. Floors are fitted with all of it either way.
   */
  validationSeconds: z.number().positive().optional(),
  /** Bootstrap resamples of the intervals. */
  replicates: z.int().min(1).default(1000),
  /** Starts the resamples, and the draw of pairing at random: the same for every loss and training seed. */
  seed: z.int().min(0).default(1),
});
export type ManifestEvaluation = z.infer<typeof evaluationSchema>;

const manifestSchema = z.strictObject({
  name: name.optional(),
  recordings: z.array(recordingSchema).min(1),
  losses: z.array(lossSchema.shape.kind).min(1).default(['bce']),
  seeds: z.array(z.int().min(0)).min(1).default([1]),
  preset: z.string().default('small'),
  /** Single configuration values, as --set has them: training.steps: 600. */
  set: z.record(z.string(), z.unknown()).default({}),
  evaluation: evaluationSchema.prefault({}),
});
export type Manifest = z.infer<typeof manifestSchema>;

const fault = (message: string, where: string, fix?: string): SpikebridgeError =>
  new SpikebridgeError('E_MATRIX_MANIFEST', message, {
    where,
    ...(fix === undefined ? {} : { fix }),
    exitCode: 2,
  });

/** Reads and checks a manifest. @throws E_MATRIX_MANIFEST with the key at fault; exit code 2 */
export function parseManifest(text: string, file: string): Manifest {
  let tree: unknown;
  try {
    tree = parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw fault(`not readable as YAML: ${reason}`, file);
  }
  const checked = manifestSchema.safeParse(tree);
  if (!checked.success) throw firstFault(checked.error, tree, file);
  refuseRepeats(checked.data, file);
  return checked.data;
}

function refuseRepeats(manifest: Manifest, file: string): void {
  const lists: Readonly<Record<string, readonly (string | number)[]>> = {
    'recordings: name': manifest.recordings.map((recording) => recording.name),
    losses: manifest.losses,
    seeds: manifest.seeds,
  };
  for (const [key, list] of Object.entries(lists)) {
    const twice = list.find((value, i) => list.indexOf(value) < i);
    if (twice !== undefined) throw fault(`${String(twice)} stands there twice`, `${file}: ${key}`);
  }
}

/** Every key that some part of a manifest may have. */
const KEYS: readonly string[] = [manifestSchema, recordingSchema, evaluationSchema].flatMap((schema) =>
  Object.keys(schema.shape),
);

function firstFault(error: z.ZodError, tree: unknown, file: string): SpikebridgeError {
  // A key that is misspelt is the cause of one that is missing.
  const issue = error.issues.find(({ code }) => code === 'unrecognized_keys') ?? error.issues[0];
  const path = issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0];
    const nearest = nearestName(key, KEYS);
    return fault(
      `no key of a manifest is called ${path === '' ? key : `${path}.${key}`}`,
      file,
      nearest === undefined ? undefined : `did you mean ${nearest}?`,
    );
  }
  const received = valueAt(tree, issue.path);
  const said = received === undefined ? 'missing' : JSON.stringify(received);
  return fault(`${path === '' ? 'the manifest' : path} is ${said}: ${issue.message}`, file);
}
