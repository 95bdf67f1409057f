// A checkpoint folder: weights, what other tools need to read them, optimiser, state, and a DONE marker written last, so
// that a killed process leaves either a whole checkpoint or none that anybody would take for one.
import { z } from 'zod';
import { canonicalJson } from '../config/canonical.ts';
import { SpikebridgeError } from '../errors.ts';
import { readSafetensors, writeSafetensors } from '../formats/safetensors.ts';
import type { NamedArray } from '../formats/safetensors.ts';
import { DESCRIPTION_FILE, WEIGHTS_FILE, descriptionText } from '../interop/net-description.ts';
import type { CheckpointDescription } from '../interop/net-description.ts';
import { readText, writeText } from './store.ts';
import type { RunStore } from './store.ts';

export const CHECKPOINTS = 'checkpoints';
const SCHEMA = 'spikebridge.checkpoint/1';

const stateSchema = z.strictObject({
  schema: z.literal(SCHEMA),
  /** Optimiser steps taken. */
  step: z.int().min(0),
  status: z.enum(['running', 'finished', 'early-stop', 'interrupted']),
  configHash: z.string(),
  /** Best evaluation on source validation so far. `value` is what the monitor compares, lower is better. */
  best: z.strictObject({ step: z.int(), value: z.number(), bitsPerSpike: z.number().nullable() }).nullable(),
  /** Evaluations since then. */
  evaluationsWithoutGain: z.int().min(0),
  /** Lengths of the logs at this step: resume cuts them back. */
  metricsBytes: z.int().min(0),
  eventsBytes: z.int().min(0),
  /** Losses summed since the last row of metrics.jsonl. */
  lossSum: z.number(),
  lossCount: z.int().min(0),
});

/** Everything of a training run but weights and moments. Holds no clock time: equal runs have equal states. */
export type TrainingState = Omit<z.infer<typeof stateSchema>, 'schema'>;

/** One parameter of a checkpoint. */
export interface CheckpointParameter {
  readonly name: string;
  readonly shape: readonly number[];
  /** Values for prediction: the running mean where the run averages its weights. */
  readonly weights: Float32Array;
  /** Values the optimiser continues from; the same array as `weights` without averaging. */
  readonly current: Float32Array;
  readonly m: Float32Array;
  readonly v: Float32Array;
}

export interface Checkpoint {
  readonly state: TrainingState;
  readonly parameters: readonly CheckpointParameter[];
}

/** `checkpoints/step-00001500`. */
export function checkpointFolder(step: number): string {
  return `${CHECKPOINTS}/step-${String(step).padStart(8, '0')}`;
}

/** Steps of the checkpoints that are whole, rising. */
export async function completeSteps(store: RunStore): Promise<number[]> {
  const steps: number[] = [];
  for (const name of await store.list(CHECKPOINTS)) {
    const match = /^step-(\d+)$/.exec(name);
    if (match === null) continue;
    if ((await store.list(`${CHECKPOINTS}/${name}`)).includes('DONE')) steps.push(Number(match[1]));
  }
  return steps.sort((a, b) => a - b);
}

/** Removes folders that a killed process left without DONE. */
export async function removeUnfinished(store: RunStore): Promise<void> {
  for (const name of await store.list(CHECKPOINTS)) {
    const folder = `${CHECKPOINTS}/${name}`;
    if (!(await store.list(folder)).includes('DONE')) await store.remove(folder);
  }
}

/**
 * Writes a checkpoint whole, over an older one of the same step. `net` becomes its config.json, which nothing here reads
 * back: resume goes by the run's own configuration.
 */
export async function writeCheckpoint(
  store: RunStore,
  { state, parameters }: Checkpoint,
  net: CheckpointDescription,
): Promise<void> {
  const folder = checkpointFolder(state.step);
  // DONE goes first: a kill in the middle of the removal must not leave half a folder that looks whole.
  await store.remove(`${folder}/DONE`);
  await store.remove(folder);
  // `pt` is what loaders of the transformers kind ask for before they read a file.
  const metadata = {
    format: 'pt',
    schema: SCHEMA,
    step: String(state.step),
    configHash: state.configHash,
  };
  const weights = new Map<string, NamedArray>();
  const optimiser = new Map<string, NamedArray>();
  for (const { name, shape, ...values } of parameters) {
    weights.set(name, { shape, values: values.weights });
    optimiser.set(`m.${name}`, { shape, values: values.m });
    optimiser.set(`v.${name}`, { shape, values: values.v });
    if (values.current !== values.weights)
      optimiser.set(`current.${name}`, { shape, values: values.current });
  }
  await writeText(store, `${folder}/${DESCRIPTION_FILE}`, descriptionText(net));
  await store.write(`${folder}/${WEIGHTS_FILE}`, writeSafetensors(weights, metadata));
  await store.write(`${folder}/optimizer.safetensors`, writeSafetensors(optimiser, metadata));
  await writeText(store, `${folder}/state.json`, `${canonicalJson({ schema: SCHEMA, ...state })}\n`);
  await writeText(store, `${folder}/DONE`, `${state.step}\n`);
}

/**
 * Reads a whole checkpoint.
 * @throws E_CHECKPOINT_MISSING without DONE, E_CHECKPOINT_DAMAGED, E_SAFETENSORS.
 */
export async function readCheckpoint(store: RunStore, step: number): Promise<Checkpoint> {
  const folder = checkpointFolder(step);
  if (!(await store.list(folder)).includes('DONE')) {
    throw new SpikebridgeError('E_CHECKPOINT_MISSING', `there is no whole checkpoint of step ${step}`, {
      where: folder,
      fix: 'its writing was cut short; take another step, or train with --resume',
    });
  }
  const state = await readState(store, step);
  const weights = await readArrays(store, `${folder}/${WEIGHTS_FILE}`);
  const optimiser = await readArrays(store, `${folder}/optimizer.safetensors`);
  const parameters = [...weights].map(([name, { shape, values }]): CheckpointParameter => {
    const array = floats(values, name, folder);
    const current = optimiser.get(`current.${name}`)?.values ?? array;
    return {
      name,
      shape,
      weights: array,
      current: floats(current, name, folder),
      m: floats(optimiser.get(`m.${name}`)?.values, `m.${name}`, folder),
      v: floats(optimiser.get(`v.${name}`)?.values, `v.${name}`, folder),
    };
  });
  return { state, parameters };
}

/** The state of a whole checkpoint without its weights. @throws E_CHECKPOINT_DAMAGED */
export async function readState(store: RunStore, step: number): Promise<TrainingState> {
  const folder = checkpointFolder(step);
  return parseState(await readText(store, `${folder}/state.json`), folder);
}

/** Weights for prediction, by name. */
export function weightsOf({ parameters }: Checkpoint): Map<string, Float32Array> {
  return new Map(parameters.map(({ name, weights }) => [name, weights]));
}

const damaged = (message: string, where: string): SpikebridgeError =>
  new SpikebridgeError('E_CHECKPOINT_DAMAGED', message, {
    where,
    fix: 'remove this checkpoint folder and resume from an earlier one',
  });

async function readArrays(store: RunStore, path: string): Promise<ReadonlyMap<string, NamedArray>> {
  const bytes = await store.read(path);
  if (bytes === null) throw damaged('the file is missing beside a DONE marker', path);
  return readSafetensors(bytes, path).arrays;
}

function floats(values: NamedArray['values'] | undefined, name: string, where: string): Float32Array {
  if (!(values instanceof Float32Array)) throw damaged(`${name} is missing or holds no 32-bit floats`, where);
  return values;
}

function parseState(text: string | null, folder: string): TrainingState {
  let value: unknown;
  try {
    value = JSON.parse(text ?? '');
  } catch (cause) {
    throw new SpikebridgeError('E_CHECKPOINT_DAMAGED', 'state.json is missing or no JSON', {
      where: folder,
      cause,
    });
  }
  const checked = stateSchema.safeParse(value);
  if (!checked.success) throw damaged(`state.json: ${checked.error.issues[0].message}`, folder);
  const { schema: _schema, ...state } = checked.data;
  return state;
}
