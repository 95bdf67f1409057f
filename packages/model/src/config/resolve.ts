// From what a person typed to a resolved configuration: preset < file < --set, checked against the schema, with a hash.
import { parse, stringify } from 'yaml';
import type { z } from 'zod';
import { SpikebridgeError } from '../errors.ts';
import { canonicalJson } from './canonical.ts';
import { keyPaths, valueAt } from './key-paths.ts';
import { nearestName } from './nearest.ts';
import { PRESETS, isPresetName } from './presets.ts';
import { checkTogether } from './checks.ts';
import { runConfigSchema } from './schema.ts';
import type { RunConfig } from './schema.ts';
import { sha256HexOfText } from './sha256.ts';

export interface ConfigRequest {
  /** A name of PRESETS; wins over a `preset` key of the file. `small` when nobody says. */
  readonly preset?: string;
  /** Text of a YAML (or JSON) file with any subset of the keys. */
  readonly file?: { readonly name: string; readonly text: string };
  /** `a.b=c`, each value read as YAML; later ones win. */
  readonly sets?: readonly string[];
}

export interface ResolvedConfig {
  readonly config: RunConfig;
  /** SHA-256 of the canonical JSON of `config`, 64 hexadecimal characters. */
  readonly hash: string;
  /** What `config.resolved.yaml` holds. */
  readonly yaml: string;
}

interface Tree {
  [key: string]: unknown;
}

const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const request = (
  code: string,
  message: string,
  detail: { where?: string; fix?: string; cause?: unknown } = {},
): SpikebridgeError => new SpikebridgeError(code, message, { ...detail, exitCode: 2 });

/**
 * Layers preset < file < sets, checks every key and value, and hashes the result.
 * @throws E_CONFIG_PRESET, E_CONFIG_FILE, E_CONFIG_SET, E_CONFIG_UNKNOWN_KEY (with the nearest valid key),
 * E_CONFIG_VALUE; exit code 2.
 */
export function resolveConfig(asked: ConfigRequest = {}): ResolvedConfig {
  const fileLayer = asked.file === undefined ? {} : parseFile(asked.file);
  const setLayers = (asked.sets ?? []).map(parseSet);
  const presetOfSets = setLayers.map((layer) => layer['preset']).findLast((value) => value !== undefined);
  const preset = asked.preset ?? presetOfSets ?? fileLayer['preset'] ?? 'small';
  if (typeof preset !== 'string' || !isPresetName(preset)) {
    throw request('E_CONFIG_PRESET', `no preset is called ${JSON.stringify(preset)}`, {
      where: 'preset',
      fix: `choose one of ${Object.keys(PRESETS).join(', ')}`,
    });
  }
  let tree: unknown = structuredClone(PRESETS[preset]);
  for (const layer of [fileLayer, ...setLayers]) {
    const withoutPreset = { ...layer };
    delete withoutPreset['preset'];
    tree = merge(tree, lengthOfTraining(withoutPreset), '');
  }
  return finish(validate(tree, asked.file?.name));
}

/**
 * Reads a `config.resolved.yaml` again: every key must be there, nothing is layered.
 * @throws E_CONFIG_FILE, E_CONFIG_UNKNOWN_KEY, E_CONFIG_VALUE.
 */
export function parseResolvedConfig(text: string, name = 'config.resolved.yaml'): ResolvedConfig {
  return finish(validate(parseFile({ name, text }), name));
}

/** The hash by which a configuration is known: SHA-256 of its canonical JSON. */
export function configHash(config: RunConfig): string {
  return sha256HexOfText(canonicalJson(config));
}

function finish(config: RunConfig): ResolvedConfig {
  return { config, hash: configHash(config), yaml: stringify(config, { lineWidth: 0 }) };
}

function parseFile(file: { name: string; text: string }): Tree {
  let value: unknown;
  try {
    value = parse(file.text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw request('E_CONFIG_FILE', `not readable as YAML: ${reason}`, { where: file.name, cause });
  }
  if (value === null || value === undefined) return {};
  if (!isTree(value)) {
    throw request('E_CONFIG_FILE', `holds ${describe(value)}; expected keys and values`, {
      where: file.name,
    });
  }
  return value;
}

function parseSet(text: string): Tree {
  const equals = text.indexOf('=');
  const key = text.slice(0, equals).trim();
  const parts = key.split('.');
  if (equals < 1 || parts.some((part) => part === '')) {
    throw request('E_CONFIG_SET', `${JSON.stringify(text)} is not of the form key.of.config=value`, {
      where: '--set',
      fix: 'for example --set training.learningRate=0.001',
    });
  }
  let value: unknown;
  try {
    value = parse(text.slice(equals + 1));
  } catch (cause) {
    throw request('E_CONFIG_SET', `the value of ${JSON.stringify(text)} is not readable as YAML`, {
      where: `--set ${key}`,
      cause,
    });
  }
  return parts.reduceRight<unknown>((inner, part) => ({ [part]: inner }), value ?? null) as Tree;
}

/** A layer that states one of `steps` and `epochs` takes back the other one, which a lower layer may have stated. */
function lengthOfTraining(layer: Tree): Tree {
  const training = layer['training'];
  if (!isTree(training)) return layer;
  const { steps, epochs } = training;
  if (typeof steps === 'number' && epochs === undefined) {
    return { ...layer, training: { ...training, epochs: null } };
  }
  if (typeof epochs === 'number' && steps === undefined) {
    return { ...layer, training: { ...training, steps: null } };
  }
  return layer;
}

/** Objects merge key by key, everything else (lists too) is replaced. */
function merge(below: unknown, above: unknown, path: string): unknown {
  if (!isTree(above)) return above;
  if (below === null && path !== '') return { ...above };
  if (!isTree(below)) return above;
  const merged: Tree = { ...below };
  for (const [key, value] of Object.entries(above)) {
    const inner = path === '' ? key : `${path}.${key}`;
    if (!(key in below)) throw unknownKey(inner, undefined);
    merged[key] = merge(below[key], value, inner);
  }
  return merged;
}

function unknownKey(key: string, where: string | undefined): SpikebridgeError {
  const nearest = nearestName(key, keyPaths(runConfigSchema));
  return request('E_CONFIG_UNKNOWN_KEY', `no configuration key is called ${key}`, {
    where: where === undefined ? key : `${where}: ${key}`,
    ...(nearest === undefined ? {} : { fix: `did you mean ${nearest}?` }),
  });
}

function validate(tree: unknown, fileName: string | undefined): RunConfig {
  const checked = runConfigSchema.safeParse(tree);
  if (!checked.success) throw firstFault(checked.error, tree, fileName);
  checkTogether(checked.data);
  return checked.data;
}

function firstFault(error: z.ZodError, tree: unknown, fileName: string | undefined): SpikebridgeError {
  const issue = error.issues[0];
  const path = issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') {
    const key = path === '' ? issue.keys[0] : `${path}.${issue.keys[0]}`;
    return unknownKey(key, fileName);
  }
  const received = valueAt(tree, issue.path);
  return request('E_CONFIG_VALUE', `${path} is ${describe(received)}: ${issue.message}`, { where: path });
}

function describe(value: unknown): string {
  if (value === undefined) return 'missing';
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
