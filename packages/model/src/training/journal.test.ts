// Plan: lengths are what is on the disk, text is one object a line, reopening cuts back to a length and goes on, nothing is
// written twice; speed and turns of the event loop on a clock moved by hand.
import { describe, expect, it } from 'vitest';
import { readScalarEvents } from '../formats/tensorboard.ts';
import type { HostClock } from './clock.ts';
import { systemClock } from './clock.ts';
import { Journal } from './journal.ts';
import { Pace } from './pace.ts';
import { EVENTS_FILE, METRICS_FILE } from './run-folder.ts';
import { MemoryStore } from './testing/memory-store.ts';

const START = { metricsBytes: 0, eventsBytes: 0 };

describe('Journal', () => {
  it('knows the lengths of its files, in bytes and not in letters', async () => {
    const store = new MemoryStore();
    const journal = await Journal.open(store, START, 5);
    journal.note({ kind: 'train', step: 1, note: 'µs' });
    journal.scalars(6, 1, { loss: 0.5 });
    const ahead = { metricsBytes: journal.metricsBytes, eventsBytes: journal.eventsBytes };
    await journal.flush();
    expect(store.files.get(METRICS_FILE)?.length).toBe(ahead.metricsBytes);
    expect(store.files.get(EVENTS_FILE)?.length).toBe(ahead.eventsBytes);
    expect(store.text(METRICS_FILE)).toBe('{"kind":"train","note":"µs","step":1}\n');
  });

  it('cuts back to a length and goes on as if nothing had followed it', async () => {
    const store = new MemoryStore();
    const first = await Journal.open(store, START, 5);
    first.note({ step: 1 });
    first.scalars(6, 1, { loss: 1 });
    await first.flush();
    const kept = { metricsBytes: first.metricsBytes, eventsBytes: first.eventsBytes };
    first.note({ step: 2 });
    first.scalars(7, 2, { loss: 2 });
    await first.flush();
    const second = await Journal.open(store, kept, 9);
    second.note({ step: 3 });
    second.scalars(10, 3, { loss: 3 });
    await second.flush();
    expect(store.text(METRICS_FILE)).toBe('{"step":1}\n{"step":3}\n');
    const events = readScalarEvents(store.files.get(EVENTS_FILE) ?? new Uint8Array());
    expect(events.map(({ step, wallTime, value }) => [step, wallTime, value])).toEqual([
      [1, 6, 1],
      [3, 10, 3],
    ]);
    expect(second.eventsBytes).toBe(store.files.get(EVENTS_FILE)?.length);
  });

  it('writes nothing twice, and nothing when there is nothing', async () => {
    const store = new MemoryStore();
    const journal = await Journal.open(store, START, 5);
    journal.note({ step: 1 });
    await journal.flush();
    const calls = store.journal.length;
    await journal.flush();
    expect(store.journal.length).toBe(calls);
  });

  it('refuses a row that JSON cannot hold', async () => {
    const journal = await Journal.open(new MemoryStore(), START, 5);
    expect(() => journal.note({ loss: NaN })).toThrow(expect.objectContaining({ code: 'E_CANONICAL_JSON' }));
    expect(journal.metricsBytes).toBe(0);
  });
});

describe('Pace', () => {
  function handClock(): HostClock & { now: number; turns: number } {
    return {
      now: 0,
      turns: 0,
      milliseconds() {
        return this.now;
      },
      wallSeconds: () => 0,
      turn() {
        this.turns++;
        return Promise.resolve();
      },
    };
  }

  it('counts bins over the time since it began', () => {
    const clock = handClock();
    clock.now = 1000;
    const pace = new Pace(clock);
    expect(pace.binsPerSecond()).toBe(0);
    pace.count(600);
    clock.now = 3000;
    expect(pace.binsPerSecond()).toBe(300);
  });

  it('gives the event loop its turn after 25 ms of work, not at every step', async () => {
    const clock = handClock();
    const pace = new Pace(clock);
    for (let step = 0; step < 100; step++) {
      clock.now += 10;
      await pace.turn();
    }
    expect(clock.turns).toBe(33);
  });

  it('lets a timer fire during a turn of the host clock', async () => {
    let fired = false;
    setTimeout(() => (fired = true), 0);
    await systemClock.turn();
    await systemClock.turn();
    expect(fired).toBe(true);
    expect(systemClock.milliseconds()).toBeGreaterThan(0);
    expect(systemClock.wallSeconds()).toBeGreaterThan(1.7e9);
  });
});
