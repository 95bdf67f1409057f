// The binner against a BigInt oracle, at bin edges above all, in the release and the debug build.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Binner, type BinLayout, type TickArray } from './spike-binner.ts';
import { SpikeCore } from './spike-core.ts';
import { binFraction, firstTickOfBin } from './spike-fraction.ts';

const debugBuild = fileURLToPath(new URL('../build/spikes-debug.wasm', import.meta.url));
const cores: [string, () => SpikeCore][] = [['release', () => new SpikeCore()]];
if (existsSync(debugBuild)) {
  const bytes = new Uint8Array(readFileSync(debugBuild));
  cores.push(['debug', () => new SpikeCore(bytes)]);
}

/** Decimal clock -> the exact oracle, with no code of ours: fs given as digits and a power of ten. */
const CLOCKS = [
  { fs: 30000, digits: 30000n, ten: 1n },
  { fs: 24414.0625, digits: 244140625n, ten: 10000n },
  { fs: 29999.954846, digits: 29999954846n, ten: 1000000n },
  { fs: 12500, digits: 12500n, ten: 1n },
  { fs: 1000, digits: 1000n, ten: 1n },
  { fs: 1e6, digits: 1000000n, ten: 1n },
] as const;
type TestClock = (typeof CLOCKS)[number];
const WIDTHS = [
  { ms: 1, digits: 1n, ten: 1n },
  { ms: 2.5, digits: 25n, ten: 10n },
  { ms: 0.1, digits: 1n, ten: 10n },
  { ms: 50, digits: 50n, ten: 1n },
] as const;
type TestWidth = (typeof WIDTHS)[number];

function oracleBin(tick: bigint, clock: TestClock, width: TestWidth): bigint {
  const above = tick * 1000n * clock.ten * width.ten;
  const below = clock.digits * width.digits;
  const q = above / below;
  return above % below < 0n ? q - 1n : q;
}

/** (bins, units) counts by the oracle. */
function oracleCounts(
  ticks: readonly number[],
  units: readonly number[],
  shape: { clock: TestClock; width: TestWidth; firstBin: number; bins: number; units: number },
): { counts: Float64Array; before: number; after: number; merged: number } {
  const counts = new Float64Array(shape.bins * shape.units);
  let before = 0;
  let after = 0;
  let merged = 0;
  ticks.forEach((tick, i) => {
    const bin = oracleBin(BigInt(tick), shape.clock, shape.width) - BigInt(shape.firstBin);
    if (bin < 0n) before++;
    else if (bin >= BigInt(shape.bins)) after++;
    else {
      const at = Number(bin) * shape.units + units[i];
      if (counts[at] > 0) merged++;
      counts[at]++;
    }
  });
  return { counts, before, after, merged };
}

function unpack(words: Uint32Array, bins: number, units: number): number[] {
  const row = Math.ceil(units / 32);
  return Array.from({ length: bins * units }, (_, i) => {
    const u = i % units;
    return (words[Math.floor(i / units) * row + (u >> 5)] >>> (u & 31)) & 1;
  });
}

function tickArray(ticks: readonly number[], kind: number): TickArray {
  const largest = Math.max(0, ...ticks);
  const smallest = Math.min(0, ...ticks);
  if (kind === 0 && smallest >= 0 && largest < 2 ** 32) return Uint32Array.from(ticks);
  if (kind === 1 && smallest >= -(2 ** 31) && largest < 2 ** 31) return Int32Array.from(ticks);
  if (kind === 2) return BigInt64Array.from(ticks.map((tick) => BigInt(tick)));
  return Float64Array.from(ticks);
}

/** A shape and ticks within a few of its bin edges, and some anywhere. */
const drawn = fc
  .record({
    clock: fc.constantFrom(...CLOCKS),
    width: fc.constantFrom(...WIDTHS),
    // Early, where mul-shift serves; and far out, where products pass 64 bits and the estimate is corrected.
    firstBin: fc.oneof(fc.integer({ min: 0, max: 1000 }), fc.integer({ min: 1e8, max: 4e11 })),
    bins: fc.integer({ min: 1, max: 70 }),
    units: fc.constantFrom(1, 3, 31, 32, 33, 128, 129),
    kind: fc.integer({ min: 0, max: 3 }),
  })
  .chain((shape) => {
    const fraction = binFraction(shape.clock.fs, shape.width.ms);
    const tick = fc
      .tuple(fc.integer({ min: -1, max: shape.bins + 1 }), fc.integer({ min: -2, max: 2 }))
      .map(([bin, off]) =>
        Math.max(-5, Math.min(2 ** 53 - 1, firstTickOfBin(fraction, shape.firstBin + bin) + off)),
      );
    return fc
      .array(fc.tuple(tick, fc.integer({ min: 0, max: shape.units - 1 })), { maxLength: 120 })
      .map((spikes) => ({
        ...shape,
        ticks: spikes.map(([at]) => at),
        unitIds: spikes.map(([, unit]) => unit),
      }));
  });

describe.each(cores)('binner, %s build', (_, makeCore) => {
  it.each(['packed', 'bytes', 'counts'] as BinLayout[])(
    'agrees with the BigInt oracle around edges: %s',
    (layout) => {
      fc.assert(
        fc.property(drawn, (shape) => {
          const core = makeCore();
          const { clock, width, firstBin, bins, units } = shape;
          const binner = new Binner({
            units,
            clock: clock.fs,
            binMilliseconds: width.ms,
            firstBin,
            bins,
            layout,
            core,
          });
          binner.add(tickArray(shape.ticks, shape.kind), Uint16Array.from(shape.unitIds));
          const got = binner.finish();
          const want = oracleCounts(shape.ticks, shape.unitIds, shape);
          const cells = layout === 'packed' ? unpack(got.data as Uint32Array, bins, units) : [...got.data];
          const capped = [...want.counts].map((c) =>
            layout === 'counts' ? Math.min(255, c) : Math.min(1, c),
          );
          expect(cells).toEqual(capped);
          expect([got.before, got.after, got.merged]).toEqual([want.before, want.after, want.merged]);
          expect(got.kept + got.before + got.after).toBe(shape.ticks.length);
        }),
        { numRuns: 150 },
      );
    },
  );

  it('takes seconds to the nearest tick of a known clock, and to microseconds without one', () => {
    const shape = fc.record({
      clock: fc.constantFrom(...CLOCKS),
      ticks: fc.array(fc.integer({ min: 0, max: 3_000_000 }), { maxLength: 50 }),
    });
    fc.assert(
      fc.property(shape, ({ clock, ticks }) => {
        const bins = 4000;
        const known = new Binner({
          units: 1,
          clock: clock.fs,
          binMilliseconds: 1,
          bins,
          layout: 'counts',
          core: makeCore(),
        });
        known.addSeconds(
          Float64Array.from(ticks, (tick) => tick / clock.fs),
          0,
        );
        const want = oracleCounts(
          ticks,
          ticks.map(() => 0),
          {
            clock,
            width: WIDTHS[0],
            firstBin: 0,
            bins,
            units: 1,
          },
        );
        expect([...known.finish().data]).toEqual([...want.counts]);
        const silent = new Binner({
          units: 1,
          binMilliseconds: 1,
          bins,
          layout: 'counts',
          core: makeCore(),
        });
        silent.addSeconds(
          Float64Array.from(ticks, (tick) => tick / 1e6),
          0,
        );
        const micro = oracleCounts(
          ticks,
          ticks.map(() => 0),
          {
            clock: CLOCKS[5],
            width: WIDTHS[0],
            firstBin: 0,
            bins,
            units: 1,
          },
        );
        expect([...silent.finish().data]).toEqual([...micro.counts]);
      }),
      { numRuns: 60 },
    );
  });
});

describe('binner', () => {
  const make = <L extends BinLayout>(layout: L, bins = 10, units = 4): Binner<L> =>
    new Binner({ units, clock: 30000, binMilliseconds: 1, bins, layout });

  it('gives the same raster in one block, in many and in any order', () => {
    const n = 100_000; // more than three staging blocks
    const ticks = Uint32Array.from({ length: n }, (_, i) => (i * 7919) % 3_000_000);
    const units = Uint8Array.from({ length: n }, (_, i) => (i * 31) % 128);
    const whole = make('packed', 100_000, 128);
    whole.add(ticks, units);
    const pieces = make('packed', 100_000, 128);
    for (let i = 0; i < n; i += 12_345) {
      pieces.add(ticks.subarray(i, i + 12_345), units.subarray(i, i + 12_345));
    }
    const turned = make('packed', 100_000, 128);
    turned.add(ticks.slice().reverse(), units.slice().reverse());
    const want = whole.finish();
    let differing = 0;
    for (const got of [pieces.finish(), turned.finish()]) {
      expect(got.merged).toBe(want.merged);
      for (let i = 0; i < want.data.length; i++) differing += got.data[i] === want.data[i] ? 0 : 1;
    }
    expect(differing).toBe(0);
    // 128 units: 16 bytes a bin.
    expect(want.data.byteLength).toBe(16 * 100_000);
  });

  it('takes one unit for a whole train', () => {
    const binner = make('bytes');
    binner.add(Float64Array.of(0, 29, 30, 299), 2);
    const { data, merged } = binner.finish();
    expect(merged).toBe(1);
    expect([...data].flatMap((x, i) => (x === 0 ? [] : [i]))).toEqual([2, 6, 38]);
  });

  it('stops a count at 255 and says so', () => {
    const binner = make('counts', 1, 1);
    binner.add(new Uint32Array(300), 0);
    const got = binner.finish();
    expect([got.data[0], got.saturated, got.merged]).toEqual([255, 45, 299]);
  });

  it('is empty again after clear', () => {
    const binner = make('packed');
    binner.add(Uint32Array.of(1, 500), Uint8Array.of(0, 1));
    binner.clear();
    const got = binner.finish();
    expect(got.data.every((word) => word === 0)).toBe(true);
    expect([got.received, got.kept, got.after]).toEqual([0, 0, 0]);
  });

  it('corrects an estimate that lands one bin short of an exact edge', () => {
    // 1 / 49 in doubles is below a forty-ninth: just under a power of two k * 49 / 49 comes out below k.
    const firstBin = 2 ** 32 - 40;
    const binner = new Binner({
      units: 1,
      clock: 49000,
      binMilliseconds: 1,
      firstBin,
      bins: 80,
      layout: 'counts',
    });
    binner.add(
      Float64Array.from({ length: 80 }, (_, i) => (firstBin + i) * 49),
      0,
    );
    expect([...binner.finish().data]).toEqual(new Array<number>(80).fill(1));
  });

  it('keeps integers up to 2^53 exact', () => {
    const tick = Number.MAX_SAFE_INTEGER;
    const bin = Number(oracleBin(BigInt(tick), CLOCKS[2], WIDTHS[0]));
    const binner = new Binner({
      units: 1,
      clock: 29999.954846,
      binMilliseconds: 1,
      firstBin: bin - 1,
      bins: 3,
      layout: 'bytes',
    });
    binner.add(Float64Array.of(tick), 0);
    binner.add(BigUint64Array.of(BigInt(tick)), 0);
    expect([...binner.finish().data]).toEqual([0, 1, 0]);
  });

  it.each([
    ['NaN', () => make('packed').add(Float64Array.of(NaN), 0), 'E_BIN_TIME'],
    ['infinity', () => make('packed').add(Float64Array.of(Infinity), 0), 'E_BIN_TIME'],
    ['half a tick', () => make('packed').add(Float64Array.of(1.5), 0), 'E_BIN_TIME'],
    ['NaN seconds', () => make('packed').addSeconds(Float64Array.of(NaN), 0), 'E_BIN_TIME'],
    ['a unit too many', () => make('packed').add(Uint32Array.of(1), Uint8Array.of(4)), 'E_BIN_UNIT'],
    ['a negative unit', () => make('packed').add(Uint32Array.of(1), -1), 'E_BIN_UNIT'],
    ['unequal lengths', () => make('packed').add(Uint32Array.of(1), Uint8Array.of(1, 2)), 'E_BIN_SHAPE'],
    ['no units', () => make('packed', 10, 0), 'E_BIN_SHAPE'],
    [
      'a zero clock',
      () => new Binner({ units: 1, clock: 0, binMilliseconds: 1, bins: 1, layout: 'bytes' }),
      'E_BIN_CLOCK',
    ],
    ['more than 4 GiB', () => make('bytes', 2 ** 30, 5), 'E_SPIKE_MEMORY'],
  ])('refuses %s', (_, act, code) => {
    expect(act).toThrow(expect.objectContaining({ code }) as Error);
  });
});
