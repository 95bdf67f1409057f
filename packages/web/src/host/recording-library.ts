// Recordings that this page keeps in its own file system, as spike trains alone: a reload, a deep link and a training that goes on find
// them again without asking for the file. Known by the fingerprint of their trains.
import type { ReadOptions, Recording, RunStore } from '@spikebridge/model';
import { fingerprintOf, SpikebridgeError } from '@spikebridge/model';

export type Origin =
  { readonly kind: 'file' } | { readonly kind: 'url'; readonly url: string } | { readonly kind: 'simulated' };

/** What stands in a list of recordings. */
export interface RecordingEntry {
  /** First 16 digits of the fingerprint. */
  readonly id: string;
  readonly fingerprint: string;
  readonly name: string;
  readonly format: string;
  readonly units: number;
  readonly spikes: number;
  /** Observed, gaps left out. */
  readonly seconds: number;
  readonly reading: ReadOptions;
  readonly origin: Origin;
  /** Milliseconds since 1970. */
  readonly added: number;
}

interface Kept {
  readonly entry: RecordingEntry;
  readonly recording: Omit<Recording, 'times' | 'offsets'>;
}

const HEAD = 'recording.json';
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
    const kept: Kept = { entry, recording: rest };
    await this.#store.write(`${entry.id}/times.f64`, bytesOf(times));
    await this.#store.write(`${entry.id}/offsets.u32`, bytesOf(offsets));
    await this.#store.write(`${entry.id}/${HEAD}`, new TextEncoder().encode(JSON.stringify(kept)));
    return entry;
  }

  /** Latest first. */
  async list(): Promise<RecordingEntry[]> {
    const entries: RecordingEntry[] = [];
    for (const id of await this.#store.list('')) {
      const head = await this.#head(id);
      if (head !== null) entries.push(head.entry);
    }
    return entries.sort((a, b) => b.added - a.added);
  }

  /** @throws E_DATA_MISSING */
  async load(id: string): Promise<{ readonly entry: RecordingEntry; readonly recording: Recording }> {
    const head = await this.#head(id);
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
    await this.#store.remove(`${id}/${HEAD}`);
    await this.#store.remove(id);
  }

  async #head(id: string): Promise<Kept | null> {
    const bytes = await this.#store.read(`${id}/${HEAD}`);
    return bytes === null ? null : (JSON.parse(new TextDecoder().decode(bytes)) as Kept);
  }
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float64Array | Uint32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);
