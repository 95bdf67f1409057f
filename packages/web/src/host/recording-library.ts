// Recordings that this page keeps in its own file system, as spike trains alone: a reload, a deep link and a training that goes on find
// them again without asking for the file. Known by the fingerprint of their trains.
import type { ReadOptions, Recording, RunStore } from '@spikebridge/model';
import { fingerprintOf, SpikebridgeError } from '@spikebridge/model';
import { headPath, readHead } from './recording-list.ts';
import type { KeptRecording, Origin, RecordingEntry } from './recording-list.ts';

const idOf = (fingerprint: string): string => fingerprint.slice(0, 16);

export class RecordingLibrary {
  readonly #store: RunStore;

  constructor(store: RunStore) {
    this.#store = store;
  }

  /** Keeps a recording; the same trains are kept once. The head is written last: with it there, the trains are whole. */
  async keep(recording: Recording, reading: ReadOptions, origin: Origin): Promise<RecordingEntry> {
    const fingerprint = fingerprintOf(recording);
    const { times, offsets, ...rest } = recording;
    const perSecond = recording.clock.numerator / recording.clock.denominator;
    const entry: RecordingEntry = {
      ...{ id: idOf(fingerprint), fingerprint, name: recording.name, format: recording.format },
      ...{ units: recording.units.length, spikes: times.length },
      seconds: recording.observed.reduce((sum, { start, stop }) => sum + stop - start, 0) / perSecond,
      ...{ reading, origin, added: Date.now() },
    };
    const kept: KeptRecording = { entry, recording: rest };
    const there = (await readHead(this.#store, entry.id)) !== null;
    try {
      await this.#store.write(`${entry.id}/times.f64`, bytesOf(times));
      await this.#store.write(`${entry.id}/offsets.u32`, bytesOf(offsets));
      await this.#store.write(headPath(entry.id), new TextEncoder().encode(JSON.stringify(kept)));
    } catch (error) {
      // Where there was no room for all of it, the part of it takes none.
      if (!there) await this.#store.remove(entry.id);
      throw error;
    }
    return entry;
  }

  /** @throws E_DATA_MISSING */
  async load(id: string): Promise<{ readonly entry: RecordingEntry; readonly recording: Recording }> {
    const head = await readHead(this.#store, id);
    const times = await this.#store.read(`${id}/times.f64`);
    const offsets = await this.#store.read(`${id}/offsets.u32`);
    if (head === null || times === null || offsets === null)
      throw new SpikebridgeError('E_DATA_MISSING', 'this page does not hold that recording any more', {
        fix: 'open its file again',
      });
    const { buffer } = times;
    return {
      entry: head.entry,
      recording: {
        ...head.recording,
        times: new Float64Array(buffer, times.byteOffset, times.byteLength / 8),
        offsets: new Uint32Array(offsets.buffer, offsets.byteOffset, offsets.byteLength / 4),
      },
    };
  }

  /** The head goes first: what is left of a removal cut short is no recording. */
  async remove(id: string): Promise<void> {
    await this.#store.remove(headPath(id));
    await this.#store.remove(id);
  }
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float64Array | Uint32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);
