// The two logs of a run: metrics.jsonl (no clock time in it: equal runs write equal bytes) and TensorBoard events. Both know
// their length, so that a resumed run cuts off what a killed one wrote after its last checkpoint.
import { canonicalJson } from '../config/canonical.ts';
import type { Json } from '../config/canonical.ts';
import { eventFileHeader, scalarRecord } from '../formats/tensorboard.ts';
import { EVENTS_FILE, METRICS_FILE } from './run-folder.ts';
import type { RunStore } from './store.ts';

export class Journal {
  private readonly store: RunStore;
  private metrics = '';
  private events: Uint8Array[] = [];
  /** Lengths of both files once everything noted is flushed. */
  metricsBytes = 0;
  eventsBytes = 0;

  private constructor(store: RunStore) {
    this.store = store;
  }

  /** Cuts both logs to the given lengths (0 for a new run). `wallTime` in seconds since 1970. */
  static async open(
    store: RunStore,
    lengths: { readonly metricsBytes: number; readonly eventsBytes: number },
    wallTime: number,
  ): Promise<Journal> {
    const journal = new Journal(store);
    await store.truncate(METRICS_FILE, lengths.metricsBytes);
    await store.truncate(EVENTS_FILE, lengths.eventsBytes);
    journal.metricsBytes = lengths.metricsBytes;
    journal.eventsBytes = lengths.eventsBytes;
    if (lengths.eventsBytes === 0) journal.noteEvent(eventFileHeader(wallTime));
    return journal;
  }

  /** Adds one row to metrics.jsonl. */
  note(row: Readonly<Record<string, Json>>): void {
    const line = `${canonicalJson(row)}\n`;
    this.metrics += line;
    this.metricsBytes += new TextEncoder().encode(line).length;
  }

  /** Adds scalars of one step to the event file. */
  scalars(wallTime: number, step: number, values: Readonly<Record<string, number>>): void {
    this.noteEvent(scalarRecord(wallTime, step, values));
  }

  private noteEvent(bytes: Uint8Array): void {
    this.events.push(bytes);
    this.eventsBytes += bytes.length;
  }

  /** Brings what was noted to the disk. */
  async flush(): Promise<void> {
    if (this.metrics !== '') {
      const text = this.metrics;
      this.metrics = '';
      await this.store.append(METRICS_FILE, new TextEncoder().encode(text));
    }
    if (this.events.length > 0) {
      const parts = this.events;
      this.events = [];
      const bytes = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
      let at = 0;
      for (const part of parts) {
        bytes.set(part, at);
        at += part.length;
      }
      await this.store.append(EVENTS_FILE, bytes);
    }
  }
}
