// What a manifest asks to be computed, as a table: one row a file. Each file's name carries a hash of everything it is made from, so
// that a file that is there is the right one, and whatever computes it (a pool, Snakemake, Slurm) writes the same.
import { canonicalJson } from '../config/canonical.ts';
import { resolveConfig } from '../config/resolve.ts';
import type { ResolvedConfig } from '../config/resolve.ts';
import { isUnitFree, type RunConfig } from '../config/schema.ts';
import { sha256HexOfText } from '../config/sha256.ts';
import { SpikebridgeError } from '../errors.ts';
import { FLOOR_KEYS } from '../evaluation/floors/fit.ts';
import type { FloorKey } from '../evaluation/floors/fit.ts';
import type { KnowledgeLevel } from '../evaluation/types.ts';
import type { Manifest, ManifestEvaluation, ManifestRecording } from './manifest.ts';

/** Raised whenever the same manifest gives other files. */
const PLAN_VERSION = 1;
/** Hexadecimal digits of a hash that stand in a file name. */
const KEY_DIGITS = 12;

/** A run to be trained. `id` is the path of the cell's file in the folder of the matrix, without its ending. */
export interface TrainedCell {
  readonly kind: 'trained';
  readonly id: string;
  readonly source: string;
  readonly loss: string;
  readonly seed: number;
  /** The run's folder in the folder of the matrix. */
  readonly run: string;
}

/** Every floor of a source, scored on one target. No loss and no seed changes it. */
export interface FloorsCell {
  readonly kind: 'floors';
  readonly id: string;
  readonly source: string;
  readonly target: string;
}

/** A trained run, judged on one target beside its floors. */
export interface JudgedCell {
  readonly kind: 'judged';
  readonly id: string;
  readonly source: string;
  readonly target: string;
  readonly loss: string;
  readonly seed: number;
  readonly trained: TrainedCell;
  readonly floors: FloorsCell;
}

export type MatrixCell = TrainedCell | FloorsCell | JudgedCell;
export const CELL_KINDS = ['trained', 'floors', 'judged'] as const;

/** Cells whose files another cell is made from. */
export const cellNeeds = (cell: MatrixCell): readonly MatrixCell[] =>
  cell.kind === 'judged' ? [cell.trained, cell.floors] : [];

/** Cells that one process computes together, because they share a source, its floors or its run. */
export interface MatrixJob {
  readonly id: string;
  readonly kind: MatrixCell['kind'];
  readonly cells: readonly MatrixCell[];
  /** Jobs whose cells have to be there first. */
  readonly needs: readonly MatrixJob[];
}

export interface MatrixPlan {
  readonly cells: readonly MatrixCell[];
  readonly jobs: readonly MatrixJob[];
}

/** SHA-256 of a recording's spike trains, and of those it is judged on. */
export interface Fingerprints {
  readonly path: string;
  readonly test: string | null;
}

/** What is known of a target where the manifest says nothing: as `evaluate` has it. */
export const levelOfManifest = ({ level, pairing }: ManifestEvaluation): KnowledgeLevel =>
  level ?? (pairing === 'rank' || pairing === 'free' ? 'rates' : 'none');

/** Floors that are scored where source and target are one recording (`within`), or two. The null model always is. */
export function floorsOfPair({ floors }: ManifestEvaluation, within: boolean): readonly FloorKey[] {
  const choice =
    typeof floors === 'string' || Array.isArray(floors) ? floors : within ? floors.within : floors.across;
  return choice === 'all' ? FLOOR_KEYS : choice === 'none' ? ['own-rate'] : choice;
}

const asSet = (key: string, value: unknown): string => `${key}=${JSON.stringify(value)}`;

/** The single values of a source's configuration, as --set takes them; loss and seed apart. */
export function settingsOf(manifest: Manifest, recording: ManifestRecording): string[] {
  const split = recording.split ?? (recording.test === undefined ? undefined : [80, 20, 0]);
  return [
    ...Object.entries(manifest.set).map(([key, value]) => asSet(key, value)),
    ...(split === undefined ? [] : [asSet('data.split', split)]),
    ...Object.entries(recording.units ?? {}).map(([key, value]) => asSet(`data.selection.${key}`, value)),
  ];
}

/**
 * The configuration of one run of the matrix.
 * @throws E_MATRIX_MANIFEST where a setting does not go with a matrix; E_CONFIG_* where it is none
 */
export function configOfRun(
  manifest: Manifest,
  recording: ManifestRecording,
  { loss, seed }: { readonly loss: string; readonly seed: number },
): ResolvedConfig {
  const owned = Object.keys(manifest.set).find((key) => ['loss.kind', 'seed', 'preset'].includes(key));
  if (owned !== undefined)
    throw fault(`${owned} is set, which every run has its own of`, 'list losses and seeds by their own keys');
  const resolved = resolveConfig({
    preset: manifest.preset,
    sets: [...settingsOf(manifest, recording), asSet('loss.kind', loss), asSet('seed', seed)],
  });
  const { split, selection } = resolved.config.data;
  const { pairing } = manifest.evaluation;
  if (isUnitFree(resolved.config) !== (pairing === 'free'))
    throw fault(
      `pairing ${pairing} does not go with preset ${resolved.config.preset}`,
      'a unit-free net pairs no units (pairing: free), every other net has to (rank, index, random)',
    );
  if (recording.test === undefined && split[2] === 0)
    throw fault(
      `${recording.name} has no test part to be judged on: its split is ${split.join(', ')}`,
      'give it a split with a third share, or name a later recording of the same units as test',
    );
  if (selection.order === 'random')
    throw fault(
      `the units of ${recording.name} would be drawn anew for every seed, and floors are shared between seeds`,
      'choose units by rate, in file order, or by their ids',
    );
  return resolved;
}

const fault = (message: string, fix: string): SpikebridgeError =>
  new SpikebridgeError('E_MATRIX_MANIFEST', message, { where: 'manifest', fix, exitCode: 2 });

const keyOf = (made: unknown): string => sha256HexOfText(canonicalJson(made)).slice(0, KEY_DIGITS);

/** What of a configuration floors are made from. */
const floorsSettings = ({ data, training }: RunConfig) => ({ data, context: training.context });

/**
 * Every cell of a manifest, and the jobs they fall into: floors of a source, then runs and their judgements.
 * @param fingerprints of each recording, by name
 * @param floorsVersion of the code that fits floors
 */
export function planMatrix(
  manifest: Manifest,
  fingerprints: ReadonlyMap<string, Fingerprints>,
  floorsVersion: number,
): MatrixPlan {
  const { recordings, losses, seeds, evaluation } = manifest;
  const printsOf = ({ name }: ManifestRecording): Fingerprints => {
    const prints = fingerprints.get(name);
    if (prints === undefined) throw new Error(`no fingerprint of ${name} was given`);
    return prints;
  };
  const anyRun = { loss: losses[0], seed: seeds[0] };
  const judging = (within: boolean) => ({
    ...evaluation,
    ...{ level: levelOfManifest(evaluation), floors: floorsOfPair(evaluation, within) },
  });
  const jobs: MatrixJob[] = [];
  for (const source of recordings) {
    const { config } = configOfRun(manifest, source, anyRun);
    const base = {
      version: PLAN_VERSION,
      floorsVersion,
      source: printsOf(source),
      ...floorsSettings(config),
    };
    const floors = recordings.map((target): FloorsCell => {
      const { selection, split } = configOfRun(manifest, target, anyRun).config.data;
      const made = {
        ...{ ...base, target: printsOf(target), selection, split },
        judging: judging(source === target),
      };
      const id = `floors/${source.name}.${target.name}-${keyOf(made)}`;
      return { kind: 'floors', id, source: source.name, target: target.name };
    });
    const fit: MatrixJob = {
      id: `floors/${source.name}-${keyOf(base)}`,
      kind: 'floors',
      cells: floors,
      needs: [],
    };
    jobs.push(fit);
    for (const loss of losses)
      for (const seed of seeds) {
        const { hash } = configOfRun(manifest, source, { loss, seed });
        const key = keyOf({ version: PLAN_VERSION, config: hash, source: printsOf(source).path });
        const stem = `${source.name}.${loss}.${String(seed)}`;
        const about = { source: source.name, loss, seed };
        const run: TrainedCell = {
          ...about,
          ...{ kind: 'trained', id: `trained/${stem}-${key}`, run: `runs/${stem}-${key}` },
        };
        const training: MatrixJob = { id: run.id, kind: 'trained', cells: [run], needs: [] };
        const judged = floors.map((cell): JudgedCell => {
          const id = `judged/${stem}.${cell.target}-${keyOf({ run: run.id, floors: cell.id })}`;
          return { ...about, ...{ kind: 'judged', id, target: cell.target, trained: run, floors: cell } };
        });
        jobs.push(training, {
          ...{ id: `judged/${stem}-${key}`, kind: 'judged', cells: judged, needs: [training, fit] },
        });
      }
  }
  return { jobs, cells: jobs.flatMap(({ cells }) => cells) };
}
