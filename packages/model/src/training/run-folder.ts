// The run folder: configuration, environment, logs, checkpoints and the evaluation of one run, over any store.
import type { Json } from '../config/canonical.ts';
import { parseResolvedConfig } from '../config/resolve.ts';
import type { ResolvedConfig } from '../config/resolve.ts';
import { SpikebridgeError } from '../errors.ts';
import { CHECKPOINTS, checkpointFolder, completeSteps, readCheckpoint } from './checkpoint.ts';
import type { Checkpoint } from './checkpoint.ts';
import { refusePrivateText } from './privacy.ts';
import { readText, writeText } from './store.ts';
import type { RunStore } from './store.ts';

export const CONFIG_FILE = 'config.resolved.yaml';
export const ENVIRONMENT_FILE = 'env.json';
export const METRICS_FILE = 'metrics.jsonl';
/** TensorBoard takes any name with `tfevents`; the usual host name is left out on purpose. */
export const EVENTS_FILE = 'events.out.tfevents.0.spikebridge';
export const EVALUATION_FILE = 'evaluation.json';
const FILES = [
  CHECKPOINTS,
  METRICS_FILE,
  EVENTS_FILE,
  EVALUATION_FILE,
  'report.html',
  ENVIRONMENT_FILE,
  CONFIG_FILE,
];

export interface NewRun {
  readonly config: ResolvedConfig;
  /** What the run was made on and from: versions, device and build, data name and hash. No absolute path, no user name. */
  readonly env: Json;
  /** Replace a run that is there already. */
  readonly force?: boolean;
  /** Begin anew where a start was cut short between the two files: the environment is there and nothing else of a run. */
  readonly resume?: boolean;
}

export class RunFolder {
  readonly store: RunStore;
  readonly resolved: ResolvedConfig;
  readonly env: Json;

  private constructor(store: RunStore, resolved: ResolvedConfig, env: Json) {
    this.store = store;
    this.resolved = resolved;
    this.env = env;
  }

  /**
   * Starts a run: writes its configuration and environment.
   * @throws E_RUN_EXISTS when the folder holds a run and `force` is not set; E_RUN_PRIVATE for a path in `env`.
   */
  static async create(
    store: RunStore,
    { config, env, force = false, resume = false }: NewRun,
  ): Promise<RunFolder> {
    refusePrivateText(env, ENVIRONMENT_FILE);
    const present = new Set(await store.list(''));
    const taken = FILES.filter((name) => present.has(name));
    const cutShort = resume && taken.every((name) => name === ENVIRONMENT_FILE);
    if (taken.length > 0 && !force && !cutShort) {
      throw new SpikebridgeError('E_RUN_EXISTS', `the folder already holds a run (${taken.join(', ')})`, {
        fix: 'choose another folder, continue it with --resume, or replace it with --force',
        exitCode: 2,
      });
    }
    for (const name of taken) await store.remove(name);
    await writeText(store, ENVIRONMENT_FILE, `${JSON.stringify(env, null, 2)}\n`);
    await writeText(store, CONFIG_FILE, config.yaml);
    return new RunFolder(store, config, env);
  }

  /** Opens a run. @throws E_RUN_MISSING when there is no configuration, E_CONFIG_* when it cannot be read. */
  static async open(store: RunStore): Promise<RunFolder> {
    const yaml = await readText(store, CONFIG_FILE);
    if (yaml === null) {
      throw new SpikebridgeError('E_RUN_MISSING', `the folder holds no run: ${CONFIG_FILE} is not there`, {
        fix: 'give the folder that was named with --out when the run was trained',
        exitCode: 2,
      });
    }
    const env = await readText(store, ENVIRONMENT_FILE);
    return new RunFolder(store, parseResolvedConfig(yaml), env === null ? null : (JSON.parse(env) as Json));
  }

  /** Steps of whole checkpoints, rising. */
  steps(): Promise<number[]> {
    return completeSteps(this.store);
  }

  /** The newest whole checkpoint, or null. @throws E_CHECKPOINT_CONFIG when it belongs to another configuration. */
  async latest(): Promise<Checkpoint | null> {
    const steps = await this.steps();
    return steps.length === 0 ? null : this.checkpoint(steps[steps.length - 1]);
  }

  /**
   * The checkpoint that model selection chose, on source validation; the newest where nothing was evaluated.
   * @throws E_CHECKPOINT_MISSING when the run has no checkpoint yet, or the best one was removed.
   */
  async best(): Promise<Checkpoint> {
    const latest = await this.latest();
    if (latest === null) {
      throw new SpikebridgeError('E_CHECKPOINT_MISSING', 'the run has no whole checkpoint yet', {
        where: CHECKPOINTS,
        fix: 'continue it with --resume',
      });
    }
    const { step, best } = latest.state;
    return best === null || best.step === step ? latest : this.checkpoint(best.step);
  }

  /** The checkpoint of one step. @throws E_CHECKPOINT_MISSING, E_CHECKPOINT_DAMAGED, E_CHECKPOINT_CONFIG. */
  async checkpoint(step: number): Promise<Checkpoint> {
    const checkpoint = await readCheckpoint(this.store, step);
    if (checkpoint.state.configHash !== this.resolved.hash) {
      throw new SpikebridgeError(
        'E_CHECKPOINT_CONFIG',
        'the checkpoint was made under another configuration',
        {
          where: checkpointFolder(step),
          fix: `restore the ${CONFIG_FILE} it was trained with, or start a new run`,
        },
      );
    }
    return checkpoint;
  }

  /** Keeps the newest `keep` checkpoints and the best. */
  async prune(keep: number, best: number | null): Promise<void> {
    const steps = await this.steps();
    for (const step of steps.slice(0, Math.max(0, steps.length - keep))) {
      if (step === best) continue;
      // DONE first, as in writing: what is left of a removal cut short is not a checkpoint.
      await this.store.remove(`${checkpointFolder(step)}/DONE`);
      await this.store.remove(checkpointFolder(step));
    }
  }

  /** Rows of metrics.jsonl; a last line that was cut short is left out. */
  async metrics(): Promise<Record<string, Json>[]> {
    const text = (await readText(this.store, METRICS_FILE)) ?? '';
    const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Record<string, Json>);
  }

  /** Writes evaluation.json. @throws E_RUN_EXISTS when there is one and `force` is not set, E_RUN_PRIVATE. */
  async writeEvaluation(document: Json, force = false): Promise<void> {
    refusePrivateText(document, EVALUATION_FILE);
    if (!force && (await this.store.read(EVALUATION_FILE)) !== null) {
      throw new SpikebridgeError('E_RUN_EXISTS', `${EVALUATION_FILE} is there already`, {
        where: EVALUATION_FILE,
        fix: 'replace it with --force',
        exitCode: 2,
      });
    }
    await writeText(this.store, EVALUATION_FILE, `${JSON.stringify(document, null, 2)}\n`);
  }

  async readEvaluation(): Promise<Json | null> {
    const text = await readText(this.store, EVALUATION_FILE);
    return text === null ? null : (JSON.parse(text) as Json);
  }
}
