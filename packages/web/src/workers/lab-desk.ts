// What the page asks of the worker that computes: train, stop, judge, generate, and the runs it keeps. One long job at a time.
import type {
  Device,
  Json,
  Listener,
  ResolvedConfig,
  RunFolder,
  TrainingProgress,
  TrainingResult,
} from '@spikebridge/model';
import {
  dataRecord,
  environment,
  openDevice,
  prepareSource,
  recordedDevice,
  resolveConfig,
  RunFolder as Folder,
  SpikebridgeError,
  Trainer,
  trainingProbe,
} from '@spikebridge/model';
import { answer } from '../host/fault.ts';
import type { Answer } from '../host/fault.ts';
import { opfsStore } from '../host/opfs-store.ts';
import { RecordingLibrary } from '../host/recording-library.ts';
import { RunShelf } from '../host/run-shelf.ts';
import type { RunEntry } from '../host/run-shelf.ts';
import { unzipRun, zipRun } from '../host/run-zip.ts';
import { describeBrowser, webDeviceHost } from '../host/web-device.ts';
import { VERSION } from '../version.ts';

export interface TrainRequest {
  /** Page's id of the recording. */
  readonly recording: string;
  readonly preset: string;
  /** `key=value` over the preset, as `train --set` has them. */
  readonly sets: readonly string[];
  /** What to call the run; by default after the recording, preset and loss. */
  readonly name?: string;
}

/** What happens on the way, in order. */
export type LabEvent =
  | { readonly kind: 'note'; readonly line: string }
  | {
      readonly kind: 'begun';
      readonly run: string;
      readonly steps: number;
      readonly device: string;
      readonly why: string;
    }
  | { readonly kind: 'step'; readonly progress: TrainingProgress }
  | {
      readonly kind: 'progress';
      readonly what: string;
      readonly done: number;
      readonly total: number;
      readonly unit: string;
      readonly detail: string;
    };

export type Watch = (event: LabEvent) => unknown;

/** Events a second that a page can use. */
const SAY_EVERY_MILLISECONDS = 100;

export class LabDesk {
  #library: Promise<RecordingLibrary> | undefined;
  #shelf: Promise<RunShelf> | undefined;
  #job: AbortController | null = null;

  runs(): Promise<Answer<RunEntry[]>> {
    return answer(async () => (await this.#runs()).list());
  }

  removeRun(id: string): Promise<Answer<void>> {
    return answer(async () => (await this.#runs()).remove(id));
  }

  /** Rows of metrics.jsonl, for the curves of a run that began earlier. */
  metrics(id: string): Promise<Answer<Record<string, Json>[]>> {
    return answer(async () => (await (await this.#runs()).open(id)).metrics());
  }

  /** The whole run folder as a zip. */
  zip(id: string): Promise<Answer<Uint8Array>> {
    return answer(async () => zipRun(id, await (await this.#runs()).files(id)));
  }

  /** One file of a run; null where it is not there. */
  file(id: string, path: string): Promise<Answer<Uint8Array | null>> {
    return answer(async () => (await this.#runs()).storeOf(id).read(path));
  }

  takeZip(bytes: Uint8Array): Promise<Answer<RunEntry>> {
    return answer(async () => {
      const { name, files } = await unzipRun(bytes);
      return (await this.#runs()).take(name, files);
    });
  }

  /** Ends the job at hand at its next safe place; a training writes a checkpoint first. */
  stop(): void {
    this.#job?.abort();
  }

  train(request: TrainRequest, watch: Watch): Promise<Answer<TrainingResult>> {
    return this.#work(async (signal) => {
      const { entry, recording } = await (await this.#recordings()).load(request.recording);
      const resolved = resolveConfig({ preset: request.preset, sets: [...request.sets] });
      const prepared = prepareSource(recording, resolved.config);
      const shelf = await this.#runs();
      const id = await shelf.freeName(
        request.name ?? `${recording.name}-${resolved.config.preset}-${resolved.config.loss.kind}`,
      );
      return this.#alone(id, async () => {
        const device = await this.#device(resolved, prepared);
        const data = {
          ...{ recording, reading: entry.reading, fingerprint: entry.fingerprint },
          ...{ path: null, slots: prepared.selection.slots },
        };
        const folder = await Folder.create(shelf.storeOf(id), {
          config: resolved,
          env: environment({ version: VERSION, host: describeBrowser(), choice: device.choice, data }),
        });
        return this.#learn({ id, folder, device, prepared, signal, watch, resume: false });
      });
    });
  }

  /** Goes on from the newest whole checkpoint, on the kernels the run was begun with. */
  resume(id: string, watch: Watch): Promise<Answer<TrainingResult>> {
    return this.#work(async (signal) => {
      const folder = await (await this.#runs()).open(id);
      const { fingerprint } = dataRecord(folder);
      const { recording } = await (await this.#recordings()).load(fingerprint.slice(0, 16));
      const prepared = prepareSource(recording, folder.resolved.config);
      return this.#alone(id, async () => {
        const device = await this.#device(folder.resolved, prepared, folder);
        return this.#learn({ id, folder, device, prepared, signal, watch, resume: true });
      });
    });
  }

  #device(
    resolved: ResolvedConfig,
    prepared: ReturnType<typeof prepareSource>,
    begun?: RunFolder,
  ): Promise<Device> {
    const { deterministic, device } = resolved.config;
    return openDevice(webDeviceHost, {
      ...{ device, deterministic },
      begun: begun === undefined ? undefined : recordedDevice(begun),
      probe: () => trainingProbe(prepared, resolved.config),
    });
  }

  async #learn({ id, folder, device, prepared, signal, watch, resume }: LearnCall): Promise<TrainingResult> {
    try {
      let said = 0;
      const trainer = new Trainer({
        ...{ folder, backend: device.backend, signal },
        data: {
          raster: prepared.raster,
          train: prepared.split.train.spans,
          validation: prepared.split.validation.spans,
          unitMask: prepared.selection.mask,
        },
        onProgress: (progress) => {
          const now = performance.now();
          const last = progress.step === progress.steps;
          if (!last && now - said < SAY_EVERY_MILLISECONDS) return;
          said = now;
          watch({ kind: 'step', progress });
        },
      });
      const { description, why } = device.choice;
      watch({ kind: 'begun', run: id, steps: trainer.steps, device: description, why });
      return await trainer.run({ resume });
    } finally {
      device.dispose();
    }
  }

  /** One job at a time: a second would halve both. @throws E_BUSY */
  #work<T>(job: (signal: AbortSignal) => Promise<T>): Promise<Answer<T>> {
    return answer(async () => {
      if (this.#job !== null)
        throw new SpikebridgeError('E_BUSY', 'the page is computing already', {
          fix: 'wait until it is done, or stop it',
        });
      this.#job = new AbortController();
      try {
        return await job(this.#job.signal);
      } finally {
        this.#job = null;
      }
    });
  }

  /** Holds a run for this tab while it is written. @throws E_RUN_BUSY where another tab holds it */
  async #alone<T>(id: string, job: () => Promise<T>): Promise<T> {
    let done: { readonly value: T } | undefined;
    await navigator.locks.request(`spikebridge run ${id}`, { ifAvailable: true }, async (lock) => {
      if (lock !== null) done = { value: await job() };
    });
    if (done !== undefined) return done.value;
    throw new SpikebridgeError('E_RUN_BUSY', 'another tab is training this run', {
      where: id,
      fix: 'look at it there, or close that tab',
    });
  }

  #recordings(): Promise<RecordingLibrary> {
    this.#library ??= opfsStore('recordings').then((store) => new RecordingLibrary(store));
    return this.#library;
  }

  #runs(): Promise<RunShelf> {
    this.#shelf ??= opfsStore('runs').then((store) => new RunShelf(store));
    return this.#shelf;
  }
}

interface LearnCall {
  readonly id: string;
  readonly folder: RunFolder;
  readonly device: Device;
  readonly prepared: ReturnType<typeof prepareSource>;
  readonly signal: AbortSignal;
  readonly watch: Watch;
  readonly resume: boolean;
}

/** What the model package says on its way, to the page. */
export function listenerOf(watch: Watch): Listener {
  return {
    note: (line) => void watch({ kind: 'note', line }),
    keep: () => undefined,
    progress(what, total, unit) {
      let said = 0;
      const say = (done: number, detail = ''): void =>
        void watch({ kind: 'progress', ...{ what, done, total, unit, detail } });
      say(0);
      return {
        update(done, detail) {
          const now = performance.now();
          if (done < total && now - said < SAY_EVERY_MILLISECONDS) return;
          said = now;
          say(done, detail);
        },
        stop: () => undefined,
      };
    },
  };
}
