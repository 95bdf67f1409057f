// What the page asks of the worker that computes: train, stop, judge, look inside, generate, and the runs it keeps. One long job at a time.
import type { EvaluationPair, Json, Recording, TrainingResult } from '@spikebridge/model';
import {
  dataRecord,
  encodeNwb,
  encodeSpikeInterfaceNpz,
  exportRun,
  METRICS_FILE,
  openTrainedRun,
  SpikebridgeError,
} from '@spikebridge/model';
import { answer } from '../host/fault.ts';
import type { Answer } from '../host/fault-words.ts';
import type { PickedFile } from '../host/file-location.ts';
import type { BrokenRun, RunEntry } from '../host/run-shelf.ts';
import { unzipRun, zipRun } from '../host/run-zip.ts';
import type { DrawnChart } from './drawn-chart.ts';
import { generateFrom } from './generating.ts';
import type { Generated, GenerateRequest } from './generating.ts';
import { insideCharts, lookInside } from './inside.ts';
import { judgements, judgeOne, pairCharts, reportOf } from './judging.ts';
import type { JudgedPair, JudgeRequest } from './judging.ts';
import type { Watch } from './lab-events.ts';
import { OneJob } from './one-job.ts';
import { openShelves } from './shelves.ts';
import type { Shelves } from './shelves.ts';
import { beginRun, continueRun } from './learning.ts';
import type { TrainRequest } from './learning.ts';

export type { Generated, GenerateRequest, JudgedPair, JudgeRequest, TrainRequest };
export type { LabEvent } from './lab-events.ts';

export class LabDesk {
  #shelves: Promise<Shelves> | undefined;
  readonly #jobs = new OneJob('the page is computing already');

  runs(): Promise<Answer<{ readonly runs: RunEntry[]; readonly broken: BrokenRun[] }>> {
    return this.#with(({ runs }) => runs.list());
  }

  /** @throws E_RUN_BUSY where another tab trains it */
  removeRun(id: string): Promise<Answer<void>> {
    return this.#with(({ runs }) => alone(id, () => runs.remove(id)));
  }

  /** Rows of metrics.jsonl, for the curves of a run that began earlier. */
  metrics(id: string): Promise<Answer<Record<string, Json>[]>> {
    return this.#with(async ({ runs }) => (await runs.open(id)).metrics());
  }

  /** The whole run folder as a zip. */
  zip(id: string): Promise<Answer<Uint8Array>> {
    return this.#with(async ({ runs }) => zipRun(id, await runs.files(id)));
  }

  /** The net with the weights that predictions use, for other tools: safetensors beside config.json, as `export` writes them. */
  weights(id: string): Promise<Answer<Uint8Array>> {
    return this.#with(async ({ runs }) => {
      const run = await openTrainedRun(await runs.open(id), id);
      const { files } = await exportRun(run, 'safetensors');
      return zipRun(`${id}-weights`, files);
    });
  }

  /** metrics.jsonl as it is. */
  metricsFile(id: string): Promise<Answer<Uint8Array>> {
    return this.#with(async ({ runs }) => (await runs.storeOf(id).read(METRICS_FILE)) ?? new Uint8Array());
  }

  takeZip(bytes: Uint8Array): Promise<Answer<RunEntry>> {
    return this.#with(async ({ runs }) => {
      const { name, files } = await unzipRun(bytes);
      return runs.take(name, files);
    });
  }

  /** A run folder as it was picked or dropped: files by their path in it. */
  takeFolder(name: string, files: readonly PickedFile[]): Promise<Answer<RunEntry>> {
    return this.#with(async ({ runs }) => {
      const read = new Map<string, Uint8Array>();
      for (const { path, file } of files) read.set(path, new Uint8Array(await file.arrayBuffer()));
      return runs.take(name, read);
    });
  }

  /** Ends the job at hand at its next safe place; a training writes a checkpoint first. */
  stop(): void {
    this.#jobs.stop();
  }

  train(request: TrainRequest, watch: Watch): Promise<Answer<TrainingResult>> {
    return this.#work(async (shelves, signal) => {
      const begun = await beginRun(shelves, request);
      return alone(begun.id, () => continueRun(shelves, begun, { signal, watch }));
    });
  }

  /** Goes on from the newest whole checkpoint, on the kernels the run was begun with. */
  resume(id: string, watch: Watch): Promise<Answer<TrainingResult>> {
    return this.#work((shelves, signal) =>
      alone(id, async () => {
        const folder = await shelves.runs.open(id);
        const { fingerprint } = dataRecord(folder);
        const opened = await shelves.recordings.load(fingerprint.slice(0, 16));
        return continueRun(
          shelves,
          { id, resolved: folder.resolved, opened, floors: 'rates', folder },
          { signal, watch },
        );
      }),
    );
  }

  judge(request: JudgeRequest, watch: Watch): Promise<Answer<EvaluationPair>> {
    return this.#work((shelves, signal) => judgeOne(shelves, request, { signal, watch }));
  }

  /** Every pair that a run of this page was judged on. */
  judgements(): Promise<Answer<JudgedPair[]>> {
    return this.#with(judgements);
  }

  pairCharts(run: string, file: string): Promise<Answer<DrawnChart[]>> {
    return this.#with((shelves) => pairCharts(shelves, run, file));
  }

  /** What was seen inside a run before; none where nobody looked. */
  insideCharts(run: string): Promise<Answer<DrawnChart[]>> {
    return this.#with((shelves) => insideCharts(shelves, run));
  }

  lookInside(run: string, watch: Watch): Promise<Answer<DrawnChart[]>> {
    return this.#work((shelves, signal) => lookInside(shelves, run, { signal, watch }));
  }

  /** The report of a run as one HTML file. */
  report(run: string): Promise<Answer<string>> {
    return this.#with((shelves) => reportOf(shelves, run));
  }

  generate(request: GenerateRequest, watch: Watch): Promise<Answer<Generated>> {
    return this.#work((shelves, signal) => generateFrom(shelves, request, { signal, watch }));
  }

  /** Trains as a file for other tools. */
  encode(recording: Recording, format: 'npz' | 'nwb'): Promise<Answer<Uint8Array>> {
    return answer(() =>
      format === 'npz'
        ? encodeSpikeInterfaceNpz(recording)
        : encodeNwb(recording, {
            identifier: `spikebridge-${crypto.randomUUID()}`,
            description: 'Spike trains sampled from a trained model; not a recording.',
            start: '1970-01-01T00:00:00+00:00',
            created: new Date().toISOString(),
            notes: '',
          }),
    );
  }

  #with<T>(work: (shelves: Shelves) => Promise<T>): Promise<Answer<T>> {
    return answer(async () => work(await this.#open()));
  }

  /** @throws E_BUSY */
  #work<T>(job: (shelves: Shelves, signal: AbortSignal) => Promise<T>): Promise<Answer<T>> {
    return this.#with((shelves) => this.#jobs.run((signal) => job(shelves, signal)));
  }

  #open(): Promise<Shelves> {
    this.#shelves ??= openShelves();
    return this.#shelves;
  }
}

/** Holds a run for this tab while it is written. @throws E_RUN_BUSY where another tab holds it */
async function alone<T>(id: string, job: () => Promise<T>): Promise<T> {
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
