// `runs`: what lies in a folder of runs, and how some of them compare.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { EvaluationPair, Json } from '@spikebridge/model';
import { dataRecord, RunFolder, SpikebridgeError } from '@spikebridge/model';
import { compareRuns, describeComparison, pairsOf } from '../comparison.ts';
import { hostCall } from '../host/location.ts';
import { nodeRunStore } from '../host/run-store.ts';
import type { GlobalFlags } from '../options.ts';
import { formatTable, Terminal } from '../terminal.ts';
import { openFolder } from '../trained-run.ts';

export interface RunsFlags extends GlobalFlags {
  readonly folder: string;
}

/** Folders below the named one that are looked into: runs/demo/in-vitro lies two deep. */
const DEPTH = 3;

interface RunSummary {
  readonly run: string;
  readonly data: string;
  readonly preset: string;
  readonly loss: string;
  readonly seed: number;
  readonly configHash: string;
  readonly step: number;
  readonly status: string;
  readonly validationBitsPerSpike: number | null;
  readonly bitsPerSpike: number | null;
  readonly bestFloor: string | null;
  readonly bestFloorBitsPerSpike: number | null;
}

export async function runs(
  action: 'list' | 'compare',
  named: readonly string[],
  flags: RunsFlags,
): Promise<void> {
  const terminal = Terminal.of(flags);
  if (action === 'compare' && named.length < 2)
    throw new SpikebridgeError(
      'E_USAGE',
      `compare needs at least two run folders; received ${named.length}`,
      {
        fix: 'for example: spikebridge runs compare runs/bce runs/dice',
        exitCode: 2,
      },
    );
  const folders = named.length > 0 ? named : findRuns(flags.folder, DEPTH);
  const summaries = [];
  for (const folder of folders) {
    try {
      summaries.push(await summarise(folder));
    } catch (error) {
      // A list goes on past a damaged run; runs that were named must be whole.
      if (named.length > 0 || !(error instanceof SpikebridgeError)) throw error;
      terminal.warn(`${folder} is left out: ${error.message} (${error.code})`);
    }
  }
  const differing = action === 'compare' ? await differences(named) : [];
  const compared = action === 'compare' ? compareRuns(await allPairs(named)) : [];
  terminal.result(
    [
      summaries.length === 0 ? `no runs in ${flags.folder}` : table(summaries),
      ...(differing.length === 0 ? [] : ['', formatTable(['configuration', ...named], differing.map(row))]),
      ...(compared.length === 0 ? [] : ['', describeComparison(compared, named)]),
    ].join('\n'),
    {
      schema: 'spikebridge.runs/1',
      runs: summaries,
      differences: differing,
      ...(action === 'compare' ? { directions: compared } : {}),
    },
  );
}

async function allPairs(paths: readonly string[]): Promise<EvaluationPair[][]> {
  const found: EvaluationPair[][] = [];
  for (const path of paths) found.push(await pairsOf(await openFolder(path)));
  return found;
}

/** Folders that hold a configuration, in order of name. */
function findRuns(folder: string, depth: number): string[] {
  if (!existsSync(folder)) return [];
  const entries = hostCall(folder, () => readdirSync(folder, { withFileTypes: true }));
  if (entries.some((entry) => entry.name === 'config.resolved.yaml')) return [folder];
  if (depth === 0) return [];
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .flatMap((entry) => findRuns(join(folder, entry.name), depth - 1))
    .sort();
}

async function summarise(path: string): Promise<RunSummary> {
  const folder = await RunFolder.open(nodeRunStore(path));
  const { config, hash } = folder.resolved;
  const latest = await folder.latest();
  return {
    run: path,
    data: dataRecord(folder).name,
    preset: config.preset,
    loss: config.loss.kind,
    seed: config.seed,
    configHash: hash,
    step: latest?.state.step ?? 0,
    status: latest?.state.status ?? 'no checkpoint',
    validationBitsPerSpike: latest?.state.best?.bitsPerSpike ?? null,
    ...judged(await folder.readEvaluation()),
  };
}

type Tree = Readonly<Record<string, Json>>;
const isTree = (value: Json | undefined): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The model's and the best floor's bits/spike of the first pair of an evaluation. */
function judged(evaluation: Json): Pick<RunSummary, 'bitsPerSpike' | 'bestFloor' | 'bestFloorBitsPerSpike'> {
  const pairs = isTree(evaluation) ? evaluation['pairs'] : undefined;
  const pair: Json | undefined = Array.isArray(pairs) ? (pairs[0] as Json) : undefined;
  const scores = isTree(pair) && isTree(pair['scores']) ? pair['scores'] : {};
  const bitsOf = (key: string): number | null => {
    const score = scores[key];
    const bits = isTree(score) ? score['bitsPerSpike'] : undefined;
    const value = isTree(bits) ? bits['value'] : undefined;
    return typeof value === 'number' ? value : null;
  };
  const floors = Object.keys(scores)
    .filter((key) => key !== 'model')
    .map((key) => ({ key, bits: bitsOf(key) ?? -Infinity }))
    .sort((a, b) => b.bits - a.bits);
  const best = floors.at(0);
  return {
    bitsPerSpike: bitsOf('model'),
    bestFloor: best?.key ?? null,
    bestFloorBitsPerSpike: best !== undefined && Number.isFinite(best.bits) ? best.bits : null,
  };
}

const bits = (value: number | null): string => (value === null ? '-' : value.toFixed(4));

const table = (summaries: readonly RunSummary[]): string =>
  formatTable(
    [
      'run',
      'data',
      'preset',
      'loss',
      'seed',
      'step',
      'status',
      'validation',
      'test bits/spike',
      'best floor',
    ],
    summaries.map((run) => [
      run.run,
      run.data,
      run.preset,
      run.loss,
      String(run.seed),
      String(run.step),
      run.status,
      bits(run.validationBitsPerSpike),
      bits(run.bitsPerSpike),
      run.bestFloor === null ? '-' : `${run.bestFloor} ${bits(run.bestFloorBitsPerSpike)}`,
    ]),
  );

interface Difference {
  readonly key: string;
  readonly values: readonly string[];
}

const row = ({ key, values }: Difference): string[] => [key, ...values];

/** Configuration keys whose values are not the same in all runs. */
async function differences(paths: readonly string[]): Promise<Difference[]> {
  const flat: Map<string, string>[] = [];
  for (const path of paths) flat.push(flatten((await RunFolder.open(nodeRunStore(path))).resolved.config));
  const keys = [...new Set(flat.flatMap((entries) => [...entries.keys()]))];
  return keys
    .map((key) => ({ key, values: flat.map((entries) => entries.get(key) ?? '-') }))
    .filter(({ values }) => new Set(values).size > 1);
}

/** `a.b` -> value as JSON, for every leaf of a configuration. */
function flatten(value: object, path = ''): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, inner] of Object.entries(value) as [string, unknown][]) {
    const name = path === '' ? key : `${path}.${key}`;
    if (typeof inner === 'object' && inner !== null && !Array.isArray(inner))
      for (const [deeper, text] of flatten(inner, name)) found.set(deeper, text);
    else found.set(name, JSON.stringify(inner));
  }
  return found;
}
