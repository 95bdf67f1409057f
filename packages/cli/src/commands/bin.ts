// `bin`: a recording as a raster on disk, with everything a reader needs to know about it in a .json beside it.
import { basename } from 'node:path';
import type { Raster } from '@spikebridge/model';
import { binGrid, binRecording } from '@spikebridge/model';
import { openData } from '../data.ts';
import { refuseToOverwrite, writeWhole } from '../host/files.ts';
import { npyFile } from '../host/npy.ts';
import type { GlobalFlags, ReadingFlags } from '../options.ts';
import { readOptions } from '../options.ts';
import { formatBytes, Terminal } from '../terminal.ts';

export interface BinFlags extends ReadingFlags, GlobalFlags {
  readonly out: string;
  readonly layout: 'packed' | 'bytes';
  readonly binMs: number;
  readonly start?: number;
  readonly stop?: number;
  readonly force?: boolean;
}

/** Bins unpacked at a time: 8 MiB of bytes at 128 units. */
const CHUNK_BINS = 65_536;

export async function bin(path: string, flags: BinFlags): Promise<void> {
  const terminal = Terminal.of(flags);
  const sidecar = `${flags.out.replace(/\.npy$/, '')}.json`;
  refuseToOverwrite(flags.out, flags.force === true);
  refuseToOverwrite(sidecar, flags.force === true);
  const { recording, fingerprint } = await openData(path, readOptions(flags), terminal);
  const grid = binGrid(recording, {
    binMilliseconds: flags.binMs,
    ...(flags.start === undefined ? {} : { startSeconds: flags.start }),
    ...(flags.stop === undefined ? {} : { stopSeconds: flags.stop }),
  });
  const { raster, spikes, merged, dropped } = binRecording(recording, grid);
  const columns = flags.layout === 'packed' ? raster.wordsPerBin * 4 : raster.units;
  writeRaster(flags.out, raster, flags.layout);
  const document = {
    schema: 'spikebridge.raster/1',
    array: basename(flags.out),
    layout: flags.layout,
    shape: [raster.bins, columns],
    axes: ['bin', flags.layout === 'packed' ? 'byte of 8 units' : 'unit'],
    dtype: 'uint8',
    bitOrder: flags.layout === 'packed' ? 'little: bit b of byte k is unit 8 k + b' : null,
    unpack:
      flags.layout === 'packed'
        ? `numpy.unpackbits(array, axis=1, bitorder='little', count=${raster.units})`
        : null,
    binMilliseconds: raster.binMilliseconds,
    firstBin: grid.firstBin,
    observedBins: raster.observed.map((span) => [span.start, span.stop]),
    units: recording.units,
    spikes,
    spikesSharingABin: merged,
    spikesOutside: dropped,
    recording: { name: recording.name, format: recording.format, fingerprint },
    assumptions: recording.assumptions,
    warnings: recording.warnings,
  };
  writeWhole(sidecar, `${JSON.stringify(document, null, 2)}\n`);
  terminal.result(
    `${flags.out}: ${flags.layout}, ${raster.bins} bins of ${raster.binMilliseconds} ms x ${raster.units} units, ` +
      `${formatBytes(raster.bins * columns)}\n` +
      `  ${spikes} spikes, ${merged} share a bin with another of their unit, ${dropped} outside\n` +
      `  unit and bit order: ${sidecar}`,
    document,
  );
}

function writeRaster(path: string, raster: Raster, layout: 'packed' | 'bytes'): void {
  const { bins, units, wordsPerBin, words } = raster;
  const file = npyFile(path, '|u1', bins, layout === 'packed' ? wordsPerBin * 4 : units);
  if (layout === 'packed') {
    file.write(new Uint8Array(words.buffer, words.byteOffset, bins * wordsPerBin * 4));
  } else {
    for (let start = 0; start < bins; start += CHUNK_BINS)
      file.write(unpackBins(raster, start, Math.min(bins, start + CHUNK_BINS)));
  }
  file.finish();
}

/** Bits of bins [start, stop) as bytes of 0 and 1, axis order (bins, units). */
export function unpackBins(raster: Raster, start: number, stop: number): Uint8Array {
  const { units, wordsPerBin, words } = raster;
  const bytes = new Uint8Array((stop - start) * units);
  for (let row = start; row < stop; row += 1)
    for (let unit = 0; unit < units; unit += 1)
      bytes[(row - start) * units + unit] = (words[row * wordsPerBin + (unit >> 5)] >>> (unit & 31)) & 1;
  return bytes;
}
