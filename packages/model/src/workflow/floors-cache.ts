// Floors cost minutes and depend on the source alone: each is fitted once and kept beside the runs at once, under the hash of
// everything it was made from, so that an interruption costs one floor at most.
import { canonicalJson } from '../config/canonical.ts';
import type { RunConfig } from '../config/schema.ts';
import { sha256HexOfText } from '../config/sha256.ts';
import type { DenseHost } from '../evaluation/dense-host.ts';
import type { FittedFloorKey } from '../evaluation/floors/fit.ts';
import { fitFloors } from '../evaluation/floors/fit.ts';
import type { FittedFloors } from '../evaluation/floors/fitted.ts';
import { floorsFromBytes, floorsToBytes } from '../evaluation/floors/fitted.ts';
import { trainingProbabilities } from '../evaluation/floors/rates.ts';
import type { PredictorKey } from '../evaluation/types.ts';
import { countBins } from '../recording/grid.ts';
import type { RunStore } from '../training/store.ts';
import type { Listener } from './listener.ts';
import { formatDuration } from './listener.ts';
import type { Prepared } from './prepared.ts';

/** Raised whenever floors are fitted differently. */
export const FLOORS_VERSION = 7;

/** Files by name, each written whole or not at all. */
export type FloorStore = Pick<RunStore, 'read' | 'write'>;

export interface FloorsRequest {
  /** Where they are kept. */
  readonly store: FloorStore;
  readonly source: Prepared;
  readonly fingerprint: string;
  readonly config: RunConfig;
  readonly host: DenseHost;
  readonly listener: Listener;
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
export const floorsOrRates = async (
  request: FloorsRequest & Required<Pick<FloorsRequest, 'wanted'>>,
): Promise<FittedFloors> =>
  PIECES.some((piece) => request.wanted.includes(piece)) ? floorsOf(request) : bareFloors(request.source);

/** The floors of a source: read back where they were fitted earlier, else fitted and kept one by one. */
export async function floorsOf(request: FloorsRequest): Promise<FittedFloors> {
  const { store, source, listener, host } = request;
  const base = cacheKey(request);
  const known = await readPiece(store, base);
  if (known !== undefined) {
    listener.note('floors: fitted earlier on the same data, read back');
    return known;
  }
  let floors: FittedFloors | undefined;
  const readBack: Piece[] = [];
  for (const piece of piecesFor(request.wanted ?? PIECES)) {
    const path = `${base}.${piece}`;
    const earlier = await readPiece(store, path);
    if (earlier !== undefined) {
      floors = floors === undefined ? earlier : { ...floors, ...partOf(earlier, piece) };
      readBack.push(piece);
      listener.keep(`floor ${piece}`);
    } else {
      const started = performance.now();
      floors = fitPiece(piece, floors, { source, host, listener });
      await writePiece(store, path, { ...floors, ...NOTHING, ...partOf(floors, piece) });
      listener.keep(`floor ${piece}`);
      listener.note(`floor ${piece}: fitted in ${formatDuration((performance.now() - started) / 1000)}`);
    }
  }
  if (readBack.length > 0) listener.note(`floors: read back, fitted earlier: ${readBack.join(', ')}`);
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
  { source, host, listener }: Pick<FloorsRequest, 'source' | 'host' | 'listener'>,
): FittedFloors {
  const { units } = source.raster;
  const only: FittedFloorKey[] = piece === 'recent-rate' ? [] : [piece];
  const perUnit = piece === 'own-history' || piece === 'population';
  const progress = perUnit ? listener.progress(`floor ${piece}`, units, 'units') : undefined;
  if (!perUnit) listener.note(`floor ${piece}: fitting`);
  const floors = fitFloors({
    raster: source.raster,
    split: spansOf(source),
    host,
    only,
    ...(known === undefined ? {} : { known }),
    onProgress: ({ done, message }) => {
      if (done === null) listener.note(`  ${message}`);
      else progress?.update(Math.round(done * units));
    },
  });
  progress?.stop();
  return floors;
}

async function readPiece(store: FloorStore, name: string): Promise<FittedFloors | undefined> {
  // The description is written last: with it there, the data is whole.
  const json = await store.read(`${name}.json`);
  const bytes = json === null ? null : await store.read(`${name}.bin`);
  if (json === null || bytes === null) return undefined;
  return floorsFromBytes(new TextDecoder().decode(json), new Float32Array(bytes.slice().buffer));
}

async function writePiece(store: FloorStore, name: string, floors: FittedFloors): Promise<void> {
  const { json, data } = floorsToBytes(floors);
  await store.write(`${name}.bin`, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  await store.write(`${name}.json`, new TextEncoder().encode(json));
}

function cacheKey({ fingerprint, config, source }: FloorsRequest): string {
  const made = {
    version: FLOORS_VERSION,
    fingerprint,
    data: config.data,
    context: config.training.context,
    slots: [...source.selection.slots],
  };
  return sha256HexOfText(canonicalJson(made)).slice(0, 32);
}
