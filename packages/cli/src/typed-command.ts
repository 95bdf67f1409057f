// What was typed, or would be, to have an evaluation again: names of files without their folders, so that it can be passed on.
import { basename } from 'node:path';
import { commandLine, readingOptions } from '@spikebridge/model';
import type { EvaluateFlags } from './evaluation-flags.ts';
import { readOptions } from './options.ts';

const fileOf = (path: string | undefined): string | undefined =>
  path === undefined ? undefined : basename(path);

export const evaluateCommand = (flags: EvaluateFlags): string =>
  commandLine('evaluate', {
    run: basename(flags.run),
    data: fileOf(flags.data),
    ...readingOptions(readOptions(flags)),
    calibrate: fileOf(flags.calibrate),
    with: flags.with?.map((path) => basename(path)),
    pairing: flags.pairing,
    level: flags.level,
    'calibration-seconds': flags.calibrationSeconds,
    part: flags.part === 'test' ? undefined : flags.part,
    split: flags.split?.join(','),
    floors: flags.floors,
    replicates: flags.replicates,
    statistics: flags.statistics,
    bins: flags.bins,
  });
