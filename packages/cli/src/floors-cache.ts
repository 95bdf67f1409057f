// Floors cost minutes and depend on the source alone: each is fitted once and kept beside the runs at once, under the hash of
// everything it was made from, so that an interruption costs one floor at most.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type {
  DenseHost,
  FittedFloorKey,
  FittedFloors,
  PredictorKey,
  Prepared,
  RunConfig,
} from '@spikebridge/model';
import {
  canonicalJson,
  countBins,
  fitFloors,
  floorsFromBytes,
  floorsToBytes,
  formatDuration,
  trainingProbabilities,
} from '@spikebridge/model';
import { writeWhole } from './host/files.ts';
import { hostCall } from './host/location.ts';
import { startProgress } from './progress.ts';
import type { Terminal } from './terminal.ts';

/** Raised whenever floors are fitted differently. */
export const FLOORS_VERSION = 5;

export interface FloorsRequest {
  readonly run: string;
  readonly source: Prepared;
  readonly fingerprint: string;
  readonly config: RunConfig;
  readonly host: DenseHost;
  readonly terminal: Terminal;
  /** Floors that will be scored; what they rest on is fitted too. All by default. */
  readonly wanted?: readonly PredictorKey[];
}

/** One file each, in the order they are fitted: `coupled` rests on `population`. */
const PIECES = ['recent-rate', 'own-history', 'population', 'coupled', 'shared-kernel'] as const;
type Piece = (typeof PIECES)[number];

/** Bare rates: what there is where no floor that is fitted was asked for. */
export const bareFloors = ({ raster, split }: Pick<Prepared, 'raster' | 'split'>): FittedFloors => ({
  units: raster.units,
  binMilliseconds: raster.binMilliseconds,
  trainBins: countBins(split.train.spans),
  rates: trainingProbabilities(raster, split.train.spans),
  recentPriorBins: 1,
  ...NOTHING,
});

/** The floors of a source that are wanted; bare rates where none of them is fitted. */
export const floorsOrRates = (
  request: FloorsRequest & Required<Pick<FloorsRequest, 'wanted'>>,
): FittedFloors =>
  PIECES.some((piece) => request.wanted.includes(piece)) ? floorsOf(request) : bareFloors(request.source);

/** The floors of a source: read back where they were fitted earlier, else fitted and kept one by one. */
export function floorsOf(request: FloorsRequest): FittedFloors {
  const { source, terminal, host } = request;
  const base = join(dirname(resolve(request.run)), '.floors', cacheKey(request));
  const known = readPiece(base);
  if (known !== undefined) {
    terminal.note('floors: fitted earlier on the same data, read back');
    return known;
  }
  let floors: FittedFloors | undefined;
  const readBack: Piece[] = [];
  for (const piece of piecesFor(request.wanted ?? PIECES)) {
    const path = `${base}.${piece}`;
    const earlier = readPiece(path);
    if (earlier !== undefined) {
      floors = floors === undefined ? earlier : { ...floors, ...partOf(earlier, piece) };
      readBack.push(piece);
      terminal.keep(`floor ${piece}`);
    } else {
      const started = performance.now();
      floors = fitPiece(piece, floors, { source, host, terminal });
      writePiece(path, { ...floors, ...NOTHING, ...partOf(floors, piece) });
      terminal.keep(`floor ${piece}`);
      terminal.note(`floor ${piece}: fitted in ${formatDuration((performance.now() - started) / 1000)}`);
    }
  }
  if (readBack.length > 0) terminal.note(`floors: read back, fitted earlier: ${readBack.join(', ')}`);
  if (floors === undefined) throw new Error('no floor was asked for');
  return floors;
}

/** The parts of a source as evaluation wants them. */
export const spansOf = ({ split }: Pick<Prepared, 'split'>) => ({
  train: split.train.spans,
  validation: split.validation.spans,
  test: split.test.spans,
});

/** The prior of recent-rate costs little and every evaluation has it. */
export function piecesFor(wanted: readonly PredictorKey[]): Piece[] {
  return PIECES.filter(
    (piece) =>
      piece === 'recent-rate' ||
      wanted.includes(piece) ||
      (piece === 'population' && wanted.includes('coupled')),
  );
}

const NOTHING = { ownHistory: null, population: null, coupled: null, sharedKernel: null } as const;

/** What one piece adds to the floors. */
function partOf(floors: FittedFloors, piece: Piece): Partial<FittedFloors> {
  switch (piece) {
    case 'recent-rate':
      return { recentPriorBins: floors.recentPriorBins };
    case 'own-history':
      return { ownHistory: floors.ownHistory };
    case 'population':
      return { population: floors.population };
    case 'coupled':
      return { coupled: floors.coupled };
    case 'shared-kernel':
      return { sharedKernel: floors.sharedKernel };
  }
}

function fitPiece(
  piece: Piece,
  known: FittedFloors | undefined,
  { source, host, terminal }: Pick<FloorsRequest, 'source' | 'host' | 'terminal'>,
): FittedFloors {
  const { units } = source.raster;
  const only: FittedFloorKey[] = piece === 'recent-rate' ? [] : [piece];
  const perUnit = piece === 'own-history' || piece === 'population';
  const progress = perUnit ? startProgress(terminal, `floor ${piece}`, units, 'units') : undefined;
  if (!perUnit) terminal.note(`floor ${piece}: fitting`);
  const floors = fitFloors({
    raster: source.raster,
    split: spansOf(source),
    host,
    only,
    ...(known === undefined ? {} : { known }),
    onProgress: ({ done, message }) => {
      if (done === null) terminal.note(`  ${message}`);
      else progress?.update(Math.round(done * units));
    },
  });
  progress?.stop();
  return floors;
}

function readPiece(base: string): FittedFloors | undefined {
  const [jsonPath, dataPath] = [`${base}.json`, `${base}.bin`];
  // The description is written last: with it there, the data is whole.
  if (!existsSync(jsonPath) || !existsSync(dataPath)) return undefined;
  const bytes = hostCall(dataPath, () => readFileSync(dataPath));
  return floorsFromBytes(readFileSync(jsonPath, 'utf8'), new Float32Array(new Uint8Array(bytes).buffer));
}

function writePiece(base: string, floors: FittedFloors): void {
  const { json, data } = floorsToBytes(floors);
  writeWhole(`${base}.bin`, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  writeWhole(`${base}.json`, json);
}

function cacheKey({ fingerprint, config, source }: FloorsRequest): string {
  const made = {
    version: FLOORS_VERSION,
    fingerprint,
    data: config.data,
    context: config.training.context,
    slots: [...source.selection.slots],
  };
  return createHash('sha256').update(canonicalJson(made)).digest('hex').slice(0, 32);
}
