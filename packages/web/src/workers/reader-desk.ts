// What the page asks of the reader's worker: open, keep, load and remove recordings.
import type { ReadOptions, Recording } from '@spikebridge/model';
import {
  binGrid,
  binRecording,
  inspectRecording,
  LIKELY_CLOCKS,
  openRecording,
  pairAsEvaluated,
  prepareSource,
  recordingCharts,
  resolveConfig,
  selectUnits,
  simulateInVitro,
  simulateInVivo,
  SpikebridgeError,
  wholeSplit,
} from '@spikebridge/model';
import type { Location, PairingKind, RecordingInspection } from '@spikebridge/model';
import { answer } from '../host/fault.ts';
import type { Answer } from '../host/fault-words.ts';
import { fileLocation } from '../host/file-location.ts';
import type { PickedFile } from '../host/file-location.ts';
import { opfsStore } from '../host/opfs-store.ts';
import { RecordingLibrary } from '../host/recording-library.ts';
import type { Origin, RecordingEntry } from '../host/recording-list.ts';
import { urlLocation } from '../host/url-location.ts';
import { drawn } from './drawn-chart.ts';
import type { DrawnChart } from './drawn-chart.ts';

export type OpenRequest =
  | { readonly kind: 'files'; readonly files: readonly PickedFile[] }
  | { readonly kind: 'url'; readonly url: string };

export interface OpenedRecording {
  readonly entry: RecordingEntry;
  readonly recording: Recording;
}

/** A file that holds several recordings, which its reader names. */
export interface PartQuestion {
  readonly kind: 'part';
  readonly name: string;
  readonly question: string;
}

/** A file that is silent about its clock: what each likely answer would mean. */
export interface ClockQuestion {
  readonly kind: 'clock';
  readonly name: string;
  readonly question: string;
  readonly answers: readonly {
    readonly label: string;
    readonly reading: ReadOptions;
    readonly inspection: RecordingInspection;
  }[];
}

/** A recording at a glance. */
export interface RecordingLook {
  readonly inspection: RecordingInspection;
  readonly charts: readonly DrawnChart[];
}

/** Units that charts are made of: the busiest. */
const LOOKED_AT = 128;

export class ReaderDesk {
  #library: Promise<RecordingLibrary> | undefined;

  /** Reads and keeps a recording, or asks what the file does not say. */
  open(
    request: OpenRequest,
    reading: ReadOptions,
  ): Promise<Answer<OpenedRecording | ClockQuestion | PartQuestion>> {
    return answer(async () => {
      const location = locationOf(request);
      try {
        const origin: Origin = request.kind === 'url' ? { kind: 'url', url: request.url } : { kind: 'file' };
        return await this.#keep(await openRecording(location, reading), reading, origin);
      } catch (error) {
        if (!(error instanceof SpikebridgeError)) throw error;
        if (error.code === 'E_SELECT_NEEDED' || error.code === 'E_SELECT_UNKNOWN')
          return { kind: 'part', name: location.name, question: error.message };
        if (error.code !== 'E_CLOCK_UNKNOWN') throw error;
        const answers = [];
        for (const { label, options } of LIKELY_CLOCKS) {
          const candidate = await openRecording(location, { ...reading, ...options });
          answers.push({
            label,
            reading: { ...reading, ...options },
            inspection: inspectRecording(candidate),
          });
        }
        return { kind: 'clock', name: location.name, question: error.message, answers };
      }
    });
  }

  /** The built-in pair: two simulated networks, one bursting as cultures do, one firing on as brains do. */
  simulate(seed: number): Promise<Answer<OpenedRecording[]>> {
    return answer(async () => {
      const size = { units: 64, seconds: 240, seed };
      const opened = [];
      for (const recording of [simulateInVitro(size), simulateInVivo(size)])
        opened.push(await this.#keep(recording, {}, { kind: 'simulated' }));
      return opened;
    });
  }

  load(id: string): Promise<Answer<OpenedRecording>> {
    return answer(async () => {
      const { entry, recording } = await (await this.#open()).load(id);
      return { entry, recording: shared(recording) };
    });
  }

  look(id: string): Promise<Answer<RecordingLook>> {
    return answer(async () => {
      const { recording } = await (await this.#open()).load(id);
      const grid = binGrid(recording, { binMilliseconds: 1 });
      const { slots } = selectUnits(recording, grid, wholeSplit(grid, 'train').train, {
        width: Math.min(LOOKED_AT, recording.units.length),
        order: 'rate',
      });
      const { raster } = binRecording(recording, grid, slots);
      return {
        inspection: inspectRecording(recording),
        charts: await drawn(recordingCharts(recording, raster)),
      };
    });
  }

  /**
   * Which unit of another recording stands for each unit of this one when a run of the preset `small` is judged there: (units) its
   * index, or -1.
   */
  pair(id: string, other: string, pairing: PairingKind): Promise<Answer<Int32Array>> {
    return answer(async () => {
      const library = await this.#open();
      const { recording } = await library.load(id);
      const target = (await library.load(other)).recording;
      const { config } = resolveConfig({ preset: 'small' });
      const source = prepareSource(recording, config);
      const { slots } = pairAsEvaluated({ source, config, recording: target, pairing, seed: config.seed });
      const partners = new Int32Array(recording.units.length).fill(-1);
      source.selection.slots.forEach((unit, column) => {
        if (unit >= 0) partners[unit] = slots[column];
      });
      return partners;
    });
  }

  remove(id: string): Promise<Answer<void>> {
    return answer(async () => (await this.#open()).remove(id));
  }

  async #keep(recording: Recording, reading: ReadOptions, origin: Origin): Promise<OpenedRecording> {
    const entry = await (await this.#open()).keep(recording, reading, origin);
    return { entry, recording: shared(recording) };
  }

  #open(): Promise<RecordingLibrary> {
    this.#library ??= opfsStore('recordings').then((store) => new RecordingLibrary(store));
    return this.#library;
  }
}

const locationOf = (request: OpenRequest): Location =>
  request.kind === 'url' ? urlLocation(request.url) : fileLocation(request.files);

/** Trains in memory that the page may look at without a copy, where the page is isolated. */
function shared(recording: Recording): Recording {
  if (!self.crossOriginIsolated) return recording;
  const times = new Float64Array(new SharedArrayBuffer(recording.times.byteLength));
  times.set(recording.times);
  const offsets = new Uint32Array(new SharedArrayBuffer(recording.offsets.byteLength));
  offsets.set(recording.offsets);
  return { ...recording, times, offsets };
}
