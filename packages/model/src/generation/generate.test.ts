// Plan: the loop over rollers whose probabilities are known: draws of the right frequency, keyed by seed, bin and unit alone; the
// roller is given every bin it should see; temperature and rate matching do what they say; a signal keeps what is there.
import { describe, expect, it } from 'vitest';
import { createWasmBackend } from '../engine/wasm/index.ts';
import { trainingProbabilities } from '../evaluation/floors/rates.ts';
import type { KnownPart } from '../evaluation/types.ts';
import { BCE } from '../losses/losses.ts';
import { drawnRates, narrowNet } from '../nets/narrow-nets.ts';
import { binGrid } from '../recording/grid.ts';
import { binRecording } from '../recording/raster.ts';
import { BurstLimits } from './burst-limits.ts';
import { generate } from './generate.ts';
import type { GenerateOptions } from './generate.ts';
import { NetRoller } from './net-roller.ts';
import { RateControl } from './rate-control.ts';
import { SpikeTrains } from './spike-trains.ts';
import type { Roller } from './types.ts';

/** A roller of given probabilities, which remembers the bins it was given. */
function known(units: number, at: (bin: number, unit: number) => number): Roller & { seen: number[][] } {
  const seen: number[][] = [];
  return {
    ...{ units, wordsPerBin: Math.ceil(units / 32), seen },
    step(words, probabilities) {
      seen.push([...words]);
      for (let u = 0; u < units; u++) probabilities[u] = at(seen.length, u);
    },
    dispose: () => undefined,
  };
}

const silent = (roller: Roller, bins = 1) => ({ words: new Uint32Array(bins * roller.wordsPerBin), bins });

/** Sampled bins, (wordsPerBin) each. */
async function sampled(roller: Roller, options: Partial<GenerateOptions> = {}): Promise<number[][]> {
  const bins: number[][] = [];
  await generate(roller, silent(roller), {
    ...{ bins: 200, seed: 1, present: new Uint8Array(roller.units).fill(1) },
    take: (bin, words) => {
      expect(bin).toBe(bins.length);
      bins.push([...words]);
    },
    ...options,
  });
  return bins;
}

/** A recording of known probabilities, all of it known. */
async function recordingOf(bins: number, at: (bin: number, unit: number) => number): Promise<KnownPart> {
  const units = 4;
  const words = Uint32Array.from(
    (
      await sampled(
        known(units, (bin, u) => at(bin - 1, u)),
        { bins },
      )
    ).map(([word]) => word),
  );
  const spans = [{ start: 0, stop: bins }];
  return { raster: { words, bins, units, wordsPerBin: 1, binMilliseconds: 1, observed: spans }, spans };
}

const count = (bins: readonly number[][], unit: number) =>
  bins.filter((words) => ((words[unit >>> 5] >>> (unit & 31)) & 1) === 1).length;

describe('the loop', () => {
  it('draws each unit with its probability, and 0 and 1 without a doubt', async () => {
    const rates = [0, 0.05, 0.5, 0.9, 1];
    const bins = await sampled(
      known(40, (_, u) => rates[u % 5]),
      { bins: 20_000 },
    );
    for (let u = 0; u < 40; u++) {
      const p = rates[u % 5];
      const deviation = Math.sqrt(p * (1 - p) * 20_000);
      expect(Math.abs(count(bins, u) - 20_000 * p), `unit ${u}`).toBeLessThanOrEqual(4.5 * deviation);
    }
  });

  it('gives the roller the prompt, then every sampled bin', async () => {
    const roller = known(40, (bin, u) => ((bin + u) % 3 === 0 ? 0.5 : 0.1));
    const prompt = Uint32Array.from([1, 0, 2, 1, 3, 255]);
    const bins: number[][] = [];
    const done = await generate(
      roller,
      { words: prompt, bins: 3 },
      {
        ...{ bins: 20, seed: 1, present: new Uint8Array(40).fill(1) },
        take: (_, words) => bins.push([...words]),
      },
    );
    expect(done).toBe(20);
    expect(roller.seen).toEqual([[1, 0], [2, 1], [3, 255], ...bins]);
  });

  it('depends on the seed, the bin and the unit, and not on how far it goes or who else fires', async () => {
    const flat = () => known(40, () => 0.3);
    const long = await sampled(flat(), { bins: 300 });
    expect(await sampled(flat(), { bins: 300 })).toEqual(long);
    expect(await sampled(flat(), { bins: 100 })).toEqual(long.slice(0, 100));
    expect(await sampled(flat(), { bins: 300, seed: 2 })).not.toEqual(long);
    const fewer = await sampled(flat(), {
      bins: 300,
      present: Uint8Array.from({ length: 40 }, (_, u) => u % 2),
    });
    for (let u = 0; u < 40; u++) expect(count(fewer, u)).toBe(u % 2 === 1 ? count(long, u) : 0);
  });

  it('temperature 1 is the model, towards 0 the likelier answer, far above 1 a coin', async () => {
    const rates = [0.001, 0.3, 0.49, 0.51, 0.999];
    const roller = () => known(5, (_, u) => rates[u]);
    const cold = await sampled(roller(), { temperature: 1e-6 });
    rates.forEach((p, u) => expect(count(cold, u)).toBe(p > 0.5 ? 200 : 0));
    const hot = await sampled(roller(), { temperature: 1e6, bins: 4000 });
    rates.forEach((_, u) => expect(Math.abs(count(hot, u) - 2000)).toBeLessThan(150));
    const half = await sampled(roller(), { temperature: 0.5, bins: 20_000 });
    // Twice the log-odds of 0.3: 9 / (9 + 49).
    expect(Math.abs(count(half, 1) - (20_000 * 9) / 58)).toBeLessThan(250);
  });

  it('rate matching draws a unit to its rate from both sides, by the past alone', async () => {
    const rates = [0.05, 0.05, 0.002, 0.01];
    const burst = (bin: number, high: number) => (bin % 500 < 25 ? high : 1e-4);
    const recorded = await recordingOf(20_000, (bin, u) => (u === 3 ? burst(bin, 0.2) : rates[u]));
    const expected = trainingProbabilities(recorded.raster, recorded.spans);
    const given = [0.3, 0.001, 0.02];
    const bursts = (bin: number, u: number) => (u === 3 ? burst(bin, 0.4) : given[u]);
    const control = () => new RateControl(recorded, 1);
    const first = await sampled(known(4, bursts), { bins: 160_000, rateControl: control() });
    const late = first.slice(80_000);
    expected.forEach((rate, u) => {
      const spikes = rate * late.length;
      expect(Math.abs(count(late, u) - spikes), `unit ${u}`).toBeLessThan(5 * Math.sqrt(spikes));
    });
    const changed = (bin: number, u: number) => (bin > 1000 ? 0.5 : bursts(bin, u));
    const second = await sampled(known(4, changed), { bins: 2000, rateControl: control() });
    expect(second.slice(0, 1000)).toEqual(first.slice(0, 1000));
    expect(second).not.toEqual(first.slice(0, 2000));
  });

  it('a unit that would never stop fires as densely as it was seen to, at every scale, and no more', async () => {
    // Seen: 5 spikes in 10 bins, every 50 bins, in the first second of every five.
    const seen = (bin: number) => bin % 5000 < 1000 && bin % 50 < 10 && bin % 2 === 0;
    const recorded = await recordingOf(40_000, (bin, u) => (u === 1 ? 0.1 : seen(bin) ? 1 : 0));
    const limits = new BurstLimits(recorded.raster, recorded.spans, 1);
    const fires: boolean[] = [];
    for (let bin = 0; bin < 30_000; bin++) {
      fires.push(limits.allows(0));
      limits.push(Uint32Array.of(fires[bin] ? 1 : 0));
    }
    const most = (window: number) => {
      let [now, top] = [0, 0];
      fires.forEach((spike, bin) => {
        now += Number(spike) - Number(fires[bin - window] ?? false);
        top = Math.max(top, now);
      });
      return top;
    };
    expect([10, 100, 1000, 10_000].map(most)).toEqual([5, 10, 100, 200]);
    // What was seen is itself never held back.
    const again = new BurstLimits(recorded.raster, recorded.spans, 1);
    const heldBack = [...recorded.raster.words].filter((word) => {
      const held = [0, 1].some((u) => ((word >>> u) & 1) === 1 && !again.allows(u));
      again.push(Uint32Array.of(word));
      return held;
    });
    expect(heldBack).toEqual([]);
  });

  it('limits hold from the last bins of a prompt on', async () => {
    const recorded = await recordingOf(5000, (bin, u) => (u === 0 && bin % 10 === 0 ? 1 : 0));
    const roller = known(2, (_, u) => (u === 0 ? 1 - 1e-7 : 0));
    const words = Uint32Array.from({ length: 9 }, (_, bin) => (bin === 6 ? 1 : 0));
    const bins: number[] = [];
    await generate(
      roller,
      { words, bins: 9 },
      {
        ...{
          bins: 8,
          seed: 1,
          present: new Uint8Array(2).fill(1),
          rateControl: new RateControl(recorded, 1),
        },
        take: (_, next) => bins.push(next[0]),
      },
    );
    expect(bins).toEqual([0, 0, 0, 0, 0, 0, 0, 1]);
  });

  it('waits for the host, and keeps what is there when the signal comes', async () => {
    const controller = new AbortController();
    const told: number[] = [];
    const roller = known(3, () => 0.5);
    const taken: number[] = [];
    const done = await generate(roller, silent(roller, 300), {
      ...{ bins: 5000, seed: 1, present: new Uint8Array(3).fill(1), signal: controller.signal },
      take: (bin) => taken.push(bin),
      onProgress: async (bins) => {
        await Promise.resolve();
        told.push(bins);
        if (bins > 600) controller.abort();
      },
    });
    expect(told).toEqual([0, 212, 468, 724]);
    expect(done).toBe(724);
    expect(taken).toHaveLength(724);
  });

  it('refuses an empty prompt, one of another width, and a temperature that is none', async () => {
    const roller = known(40, () => 0.5);
    const options = { bins: 1, seed: 1, present: new Uint8Array(40), take: () => undefined };
    const code = (name: string) => expect.objectContaining({ code: name, exitCode: 2 }) as Error;
    for (const prompt of [
      { words: new Uint32Array(0), bins: 0 },
      { words: new Uint32Array(3), bins: 3 },
    ])
      await expect(generate(roller, prompt, options)).rejects.toThrow(code('E_GENERATE_PROMPT'));
    for (const temperature of [0, -1, NaN, Infinity])
      await expect(generate(roller, silent(roller), { ...options, temperature })).rejects.toThrow(
        code('E_GENERATE_TEMPERATURE'),
      );
  });
});

it('a net runs from silence, twice the same, and its trains bin back to the very bits', async () => {
  const net = narrowNet('small', BCE);
  const backend = await createWasmBackend({ deterministic: true });
  const run = async () => {
    const weights = net.initialise(3, drawnRates(net.units));
    const roller = new NetRoller({ core: backend.core, net, weights, doubleSigmoid: false });
    const trains = new SpikeTrains(net.units);
    const bits: number[] = [];
    const take = (bin: number, words: Uint32Array) => {
      trains.take(bin, words);
      bits.push(...words);
    };
    const present = Uint8Array.from([1, 1, 0, 1, 1]);
    await generate(roller, silent(roller), { bins: 4000, seed: 7, present, take });
    roller.dispose();
    return { trains, bits };
  };
  const { trains, bits } = await run();
  expect((await run()).bits).toEqual(bits);
  backend.dispose();
  // The untrained net is the own-rate predictor: 0.1 + 0.3 u / 5.
  const units = ['a', 'b', 'd', 'e'].map((id, u) => ({ column: [0, 1, 3, 4][u], unit: { id } }));
  const recording = trains.recording('free', units, 1);
  expect(recording.units.map(({ id }) => id)).toEqual(['a', 'b', 'd', 'e']);
  [0.1, 0.16, 0.28, 0.34].forEach((rate, u) => {
    const spikes = recording.offsets[u + 1] - recording.offsets[u];
    expect(Math.abs(spikes - 4000 * rate)).toBeLessThan(5 * Math.sqrt(4000 * rate));
  });
  const turned = trains.recording('free', units.toReversed(), 1);
  expect(turned.units.map(({ id }) => id)).toEqual(['e', 'd', 'b', 'a']);
  expect(turned.times.subarray(0, turned.offsets[1])).toEqual(recording.times.subarray(recording.offsets[3]));
  const grid = binGrid(recording, { binMilliseconds: 1 });
  const { raster, merged, dropped } = binRecording(recording, grid, [0, 1, -1, 2, 3]);
  expect([merged, dropped, raster.bins]).toEqual([0, 0, 4000]);
  expect([...raster.words]).toEqual(bits);
});
