// Runs that this page keeps in its own file system: the very folders that the command line writes.
import type { DataRecord, RunStore, TrainingState } from '@spikebridge/model';
import { dataRecord, RunFolder, readState, recordedDevice, SpikebridgeError } from '@spikebridge/model';
import { describe } from './fault.ts';
import type { Fault } from './fault-words.ts';
import { within } from './opfs-store.ts';

/** What stands in a list of runs. */
export interface RunEntry {
  readonly id: string;
  readonly preset: string;
  readonly loss: string;
  readonly seed: number;
  readonly configHash: string;
  /** Steps of the newest checkpoint, of those planned; null where a run goes by epochs. */
  readonly step: number;
  readonly steps: number | null;
  readonly status: TrainingState['status'] | 'begun';
  readonly bestBitsPerSpike: number | null;
  readonly data: Pick<DataRecord, 'name' | 'fingerprint'>;
  /** Page's id of the recording it was trained on. */
  readonly recording: string;
  readonly device: string;
  readonly evaluations: readonly string[];
}

/** A folder that is no whole run: cut short before it began, damaged, or of another version. */
export interface BrokenRun {
  readonly id: string;
  readonly fault: Fault;
}

export class RunShelf {
  readonly #store: RunStore;

  constructor(store: RunStore) {
    this.#store = store;
  }

  /** Files of one run. */
  storeOf(id: string): RunStore {
    return within(this.#store, id);
  }

  open(id: string): Promise<RunFolder> {
    return RunFolder.open(this.storeOf(id));
  }

  /** By name. */
  async list(): Promise<{ readonly runs: RunEntry[]; readonly broken: BrokenRun[] }> {
    const runs: RunEntry[] = [];
    const broken: BrokenRun[] = [];
    // Fitted floors lie beside the runs.
    for (const id of (await this.#store.list('')).filter((name) => !name.startsWith('.')))
      try {
        runs.push(await this.entry(id));
      } catch (error) {
        broken.push({ id, fault: describe(error) });
      }
    return { runs, broken };
  }

  /** @throws E_RUN_MISSING, E_RUN_ENVIRONMENT */
  async entry(id: string): Promise<RunEntry> {
    const folder = await this.open(id);
    const { config, hash } = folder.resolved;
    const data = dataRecord(folder);
    const step = (await folder.steps()).at(-1);
    const state = step === undefined ? null : await readState(folder.store, step);
    const names = await folder.store.list('');
    const device = recordedDevice(folder);
    return {
      ...{ id, preset: config.preset, loss: config.loss.kind, seed: config.seed, configHash: hash },
      ...{ step: step ?? 0, steps: config.training.steps, status: state?.status ?? 'begun' },
      bestBitsPerSpike: state?.best?.bitsPerSpike ?? null,
      data: { name: data.name, fingerprint: data.fingerprint },
      recording: data.fingerprint.slice(0, 16),
      device: device === undefined ? 'reference' : `${device.build}, ${device.threads} threads`,
      evaluations: names.filter((name) => /^evaluation.*\.json$/.test(name)),
    };
  }

  /** A name that is free: what was asked for, or with a number. */
  async freeName(wanted: string): Promise<string> {
    const plain = wanted.replace(/[^\w.]+/g, '-').replace(/^[-.]+|-+$/g, '') || 'run';
    const taken = new Set(await this.#store.list(''));
    let name = plain;
    for (let count = 2; taken.has(name); count++) name = `${plain}-${count}`;
    return name;
  }

  remove(id: string): Promise<void> {
    return this.#store.remove(id);
  }

  /** Every file below a run, by its path in it. @throws E_RUN_MISSING */
  async files(id: string): Promise<Map<string, Uint8Array>> {
    const store = this.storeOf(id);
    const files = new Map<string, Uint8Array>();
    const walk = async (path: string): Promise<void> => {
      const bytes = await store.read(path);
      if (bytes !== null) files.set(path, bytes);
      else for (const name of await store.list(path)) await walk(path === '' ? name : `${path}/${name}`);
    };
    for (const name of await store.list('')) await walk(name);
    if (files.size === 0)
      throw new SpikebridgeError('E_RUN_MISSING', 'this page holds no such run', { where: id });
    return files;
  }

  /**
   * Takes a run in: files by their path in it. What is no run is not kept.
   * @throws E_RUN_MISSING, E_RUN_ENVIRONMENT, E_CONFIG_*
   */
  async take(wanted: string, files: ReadonlyMap<string, Uint8Array>): Promise<RunEntry> {
    const id = await this.freeName(wanted);
    const store = this.storeOf(id);
    try {
      for (const [path, bytes] of files) await store.write(path, bytes);
      return await this.entry(id);
    } catch (error) {
      await this.remove(id);
      throw error;
    }
  }
}
