// HDF5 files over a ByteSource: groups, numbers, text, compound tables and attributes, with every failure as a clear error.
import { SpikebridgeError } from '../errors.ts';
import { hasAscii } from './bytes.ts';
import type { Hdf5Library } from './hdf5Files.ts';
import { hdf5Library } from './hdf5Files.ts';
import type { H5Metadata } from './hdf5Types.ts';
import type { NpyType } from './npy.ts';
import { decode } from './npy.ts';
import type { ByteSource } from './types.ts';

/** HDF5 class numbers (H5T_class_t). */
const INTEGER = 0;
const FLOAT = 1;
const STRING = 3;
const COMPOUND = 6;
const REFERENCE = 7;
const ENUM = 8;
/** Filters that h5wasm carries: deflate, shuffle, fletcher32, nbit, scale-offset. */
const KNOWN_FILTERS = new Set([1, 2, 3, 5, 6]);
const BLOCK_BYTES = 8 * 1024 * 1024;
/** Deflate expands at most 1032 to 1; chunks that were never written take no place at all. */
const MAX_EXPANSION = 1100;
const FREE_BYTES = 16 * 1024 * 1024;

/** True when an HDF5 signature stands at 0, 512, 1024, 2048 ... (a user block may come first, as in MATLAB 7.3). */
export function isHdf5(source: ByteSource): boolean {
  for (let at = 0; at + 8 <= source.size && at <= 1 << 20; at = at === 0 ? 512 : at * 2) {
    const head = source.read(at, 8);
    if (head[0] === 0x89 && hasAscii(head, 'HDF\r\n\x1a\n', 1)) return true;
  }
  return false;
}

/** Value of an attribute: text or numbers, always as a list. */
export interface Hdf5Attribute {
  readonly text: readonly string[];
  readonly numbers: readonly number[];
}

/** An open file. Close it: the library holds a descriptor. */
export class Hdf5File {
  readonly name: string;
  readonly #library: Hdf5Library;
  readonly #file: bigint;
  readonly #path: string;
  readonly #size: number;

  private constructor(source: ByteSource, library: Hdf5Library, path: string, file: bigint) {
    this.name = source.name;
    this.#size = source.size;
    this.#library = library;
    this.#path = path;
    this.#file = file;
  }

  /** @throws E_HDF5_SIGNATURE, E_HDF5_DAMAGED. */
  static async open(source: ByteSource): Promise<Hdf5File> {
    if (!isHdf5(source)) {
      throw new SpikebridgeError('E_HDF5_SIGNATURE', 'This is no HDF5 file: its signature is missing.', {
        where: source.name,
        fix: 'Check the file; it may be cut short or of another format.',
      });
    }
    const library = await hdf5Library();
    library.takeMessages();
    const path = library.show(source);
    let file = -1n;
    try {
      file = library.h5.open(path, library.h5.H5F_ACC_RDONLY, false, -1, -1);
    } catch (error) {
      library.hide(path);
      throw damaged(library, source.name, 'The file', error);
    }
    if (file < 0n) {
      library.hide(path);
      throw damaged(library, source.name, 'The file', undefined);
    }
    return new Hdf5File(source, library, path, file);
  }

  close(): void {
    try {
      this.#library.h5.close_file(this.#file);
    } catch {
      // A damaged file may refuse to close; its descriptor is gone with the source.
    }
    this.#library.hide(this.#path);
  }

  /** Names inside a group, empty where there is no such group. */
  keys(path: string): readonly string[] {
    if (!this.isGroup(path)) return [];
    return this.#guard(path, () => [...this.#library.h5.get_names(this.#file, path, false)]);
  }

  isGroup(path: string): boolean {
    return this.#type(path) === this.#library.h5.H5G_GROUP;
  }

  /** @throws E_HDF5_EXTERNAL where the name is a link into another file. */
  isDataset(path: string): boolean {
    const type = this.#type(path);
    if (type === this.#library.h5.H5G_UDLINK || type === this.#library.h5.H5G_LINK) {
      throw new SpikebridgeError(
        'E_HDF5_EXTERNAL',
        `${path} is a link to something that is not in this file.`,
        {
          where: this.name,
          fix: 'Export the file with its data inside (no external links).',
        },
      );
    }
    return type === this.#library.h5.H5G_DATASET;
  }

  /** Shape of a dataset; [] for a single value. @throws E_HDF5_MISSING. */
  shape(path: string): readonly number[] {
    return this.#metadata(path).shape ?? [0];
  }

  /**
   * Numbers of a dataset as doubles, in C order: all of them, or those of the rows [start, stop) of its first axis.
   * @throws E_HDF5_MISSING, E_HDF5_DTYPE, E_HDF5_READ, E_HDF5_FILTER, E_NUMBER_RANGE.
   */
  numbers(path: string, rows?: { readonly start: number; readonly stop: number }): Float64Array {
    const metadata = this.#metadata(path);
    const total = this.#checkedCount(path, metadata);
    const type = numberType(metadata);
    if (type === undefined) throw this.#wrongType(path, 'numbers');
    const shape = metadata.shape ?? [0];
    const span = rows ?? { start: 0, stop: shape.length === 0 ? 1 : shape[0] };
    if (
      rows !== undefined &&
      !(shape.length > 0 && 0 <= span.start && span.start <= span.stop && span.stop <= shape[0])
    ) {
      throw this.#wrongType(path, `the rows ${span.start} to ${span.stop}`);
    }
    const length = rows === undefined ? total : (total / Math.max(1, shape[0])) * (span.stop - span.start);
    const out = new Float64Array(length);
    this.#readRows(path, metadata, span, (view, first, count) => {
      decode(
        view,
        { ...type, offset: 0 },
        metadata.size,
        count,
        out.subarray(first, first + count),
        this.name,
      );
    });
    return out;
  }

  /** One number of a dataset, by its index along each axis. Undefined where the index lies outside. */
  element(path: string, index: readonly number[]): number | undefined {
    const metadata = this.#metadata(path);
    this.#checkedCount(path, metadata);
    const type = numberType(metadata);
    if (type === undefined) throw this.#wrongType(path, 'numbers');
    const shape = metadata.shape ?? [];
    if (shape.length !== index.length || index.some((at, d) => at < 0 || at >= shape[d])) return undefined;
    const h5 = this.#library.h5;
    const one = index.map(() => 1n);
    return this.#guard(path, () =>
      this.#withMemory(path, metadata.size, (pointer) => {
        if (h5.get_dataset_data(this.#file, path, one, index.map(BigInt), one, BigInt(pointer)) < 0) {
          throw this.#unreadable(path);
        }
        const out = new Float64Array(1);
        const view = new DataView(h5.HEAPU8.buffer, pointer, metadata.size);
        decode(view, { ...type, offset: 0 }, metadata.size, 1, out, this.name);
        return out[0];
      }),
    );
  }

  /** True for a dataset of text. */
  isText(path: string): boolean {
    return this.isDataset(path) && this.#metadata(path).type === STRING;
  }

  /** Numeric columns of a compound table. Columns that are absent are left out of the map. */
  columns(path: string, names: readonly string[]): Map<string, Float64Array> {
    const metadata = this.#metadata(path);
    const count = this.#checkedCount(path, metadata);
    if (metadata.type !== COMPOUND) throw this.#wrongType(path, 'a table with named columns');
    const found = new Map<string, { type: NpyType & { offset: number }; out: Float64Array }>();
    for (const member of metadata.compound_type?.members ?? []) {
      const type = numberType(member);
      if (type !== undefined && names.includes(member.name)) {
        found.set(member.name, { type: { ...type, offset: member.offset }, out: new Float64Array(count) });
      }
    }
    this.#readRows(path, metadata, { start: 0, stop: metadata.shape?.at(0) ?? 1 }, (view, first, rows) => {
      for (const { type, out } of found.values()) {
        decode(view, type, metadata.size, rows, out.subarray(first, first + rows), this.name);
      }
    });
    return new Map([...found].map(([name, { out }]) => [name, out]));
  }

  /** Text of a dataset of strings (fixed or variable length); numbers become their text. */
  texts(path: string): string[] {
    const metadata = this.#metadata(path);
    const count = this.#checkedCount(path, metadata);
    if (metadata.type !== STRING) return Array.from(this.numbers(path), String);
    const h5 = this.#library.h5;
    return this.#guard(path, () =>
      this.#withMemory(path, count * metadata.size, (pointer) => {
        const status =
          count === 0 ? 0 : h5.get_dataset_data(this.#file, path, null, null, null, BigInt(pointer));
        if (status < 0) throw this.#unreadable(path);
        const texts = this.#decodeText(metadata, pointer, count);
        if (metadata.vlen && count > 0) h5.reclaim_vlen_memory(this.#file, path, '', BigInt(pointer));
        return texts;
      }),
    );
  }

  /**
   * Paths of the objects that a dataset of references points to, or a column of references of a compound table; '' where a
   * reference leads nowhere.
   */
  references(path: string, column?: string): string[] {
    const metadata = this.#metadata(path);
    const count = this.#checkedCount(path, metadata);
    const member =
      column === undefined ? undefined : metadata.compound_type?.members.find((m) => m.name === column);
    const { type, size } = member ?? metadata;
    if (type !== REFERENCE || (column !== undefined && member === undefined)) {
      throw this.#wrongType(path, column === undefined ? 'references' : `references in a column ${column}`);
    }
    const names: string[] = [];
    this.#readRows(path, metadata, { start: 0, stop: metadata.shape?.at(0) ?? 1 }, (view, _first, rows) => {
      for (let row = 0; row < rows; row++) {
        const at = view.byteOffset + row * metadata.size + (member?.offset ?? 0);
        names.push(this.#referencedName(new Uint8Array(view.buffer, at, size).slice()));
      }
    });
    return names.slice(0, count);
  }

  #referencedName(reference: Uint8Array): string {
    if (reference.every((byte) => byte === 0)) return '';
    try {
      return this.#library.h5.get_referenced_name(this.#file, reference, true);
    } catch {
      return '';
    }
  }

  /** Where a soft link leads, undefined where the name is none. */
  softLink(path: string): string | undefined {
    try {
      const target = this.#library.h5.get_symbolic_link(this.#file, path);
      return target === '' ? undefined : target;
    } catch {
      return undefined;
    }
  }

  /** An attribute of a group or dataset, undefined where absent or of a type that is neither text nor numbers. */
  attribute(path: string, name: string): Hdf5Attribute | undefined {
    const h5 = this.#library.h5;
    return this.#guard(`${path}@${name}`, () => {
      if (!h5.get_attribute_names(this.#file, path).includes(name)) return undefined;
      const metadata = h5.get_attribute_metadata(this.#file, path, name);
      const type = numberType(metadata);
      if (metadata.shape === null || (type === undefined && metadata.type !== STRING)) return undefined;
      const count = metadata.total_size;
      if (count * metadata.size > FREE_BYTES) throw this.#tooLarge(`${path}@${name}`, count * metadata.size);
      return this.#withMemory(path, count * metadata.size, (pointer) => {
        if (h5.get_attribute_data(this.#file, path, name, BigInt(pointer)) < 0)
          throw this.#unreadable(`${path}@${name}`);
        if (type === undefined) {
          const text = this.#decodeText(metadata, pointer, count);
          if (metadata.vlen) h5.reclaim_vlen_memory(this.#file, path, name, BigInt(pointer));
          return { text, numbers: [] };
        }
        const out = new Float64Array(count);
        const view = new DataView(h5.HEAPU8.buffer, pointer, count * metadata.size);
        decode(view, { ...type, offset: 0 }, metadata.size, count, out, this.name);
        return { text: [], numbers: Array.from(out) };
      });
    });
  }

  #type(path: string): number {
    // The library walks absolute paths only as far as their parents exist.
    return this.#guard(path, () => this.#library.h5.get_type(this.#file, path));
  }

  #metadata(path: string): H5Metadata {
    if (!this.isDataset(path)) {
      throw new SpikebridgeError('E_HDF5_MISSING', `The file has no dataset ${path}.`, {
        where: this.name,
        fix: 'Check that this is a complete file of its format.',
      });
    }
    const metadata = this.#guard(path, () => this.#library.h5.get_dataset_metadata(this.#file, path));
    const elsewhere = metadata.virtual_sources?.find((s) => s.file_name !== '.');
    if (elsewhere !== undefined) {
      throw new SpikebridgeError(
        'E_HDF5_EXTERNAL',
        `${path} keeps its data in another file (${elsewhere.file_name}).`,
        {
          where: this.name,
          fix: 'Export the file with its data inside.',
        },
      );
    }
    return metadata;
  }

  /** Number of items, after a look at whether the file can hold them at all. */
  #checkedCount(path: string, metadata: H5Metadata): number {
    const count = metadata.shape === null ? 0 : metadata.total_size;
    const bytes = count * metadata.size;
    const filters = this.#guard(path, () => this.#library.h5.get_dataset_filters(this.#file, path));
    const foreign = filters.find((filter) => !KNOWN_FILTERS.has(filter.id));
    if (foreign !== undefined) {
      throw new SpikebridgeError(
        'E_HDF5_FILTER',
        `${path} is compressed with the HDF5 filter ${foreign.id} (${foreign.name}), which is not available here.`,
        { where: this.name, fix: 'Repack it with deflate: h5repack -f GZIP=4 in.h5 out.h5.' },
      );
    }
    const limit = filters.length > 0 || metadata.chunks ? this.#size * MAX_EXPANSION : this.#size;
    if (!(bytes <= limit || bytes <= FREE_BYTES)) throw this.#tooLarge(path, bytes);
    return count;
  }

  /** Reads rows of the first axis by blocks (whole chunks where there are any) and hands over a view of the heap for each. */
  #readRows(
    path: string,
    metadata: H5Metadata,
    span: { readonly start: number; readonly stop: number },
    take: (view: DataView, first: number, count: number) => void,
  ): void {
    const shape = metadata.shape ?? [0];
    const rows = span.stop - span.start;
    if (metadata.shape === null || metadata.total_size === 0 || rows === 0) return;
    const h5 = this.#library.h5;
    const perRow = shape.length === 0 ? 1 : shape.slice(1).reduce((a, b) => a * b, 1);
    const chunkRows = Math.max(1, metadata.chunks?.at(0) ?? 1);
    const wanted = Math.max(1, Math.floor(BLOCK_BYTES / (perRow * metadata.size)));
    const blockRows = Math.min(rows, Math.ceil(wanted / chunkRows) * chunkRows);
    this.#guard(path, () =>
      this.#withMemory(path, blockRows * perRow * metadata.size, (pointer) => {
        for (let row = 0; row < rows; row += blockRows) {
          const here = Math.min(blockRows, rows - row);
          const count = [here, ...shape.slice(1)].map(BigInt);
          const offset = count.map((_, d) => (d === 0 ? BigInt(span.start + row) : 0n));
          const strides = count.map(() => 1n);
          const status =
            shape.length === 0
              ? h5.get_dataset_data(this.#file, path, null, null, null, BigInt(pointer))
              : h5.get_dataset_data(this.#file, path, count, offset, strides, BigInt(pointer));
          if (status < 0) throw this.#unreadable(path);
          take(
            new DataView(h5.HEAPU8.buffer, pointer, here * perRow * metadata.size),
            row * perRow,
            here * perRow,
          );
        }
      }),
    );
  }

  #decodeText(metadata: H5Metadata, pointer: number, count: number): string[] {
    const h5 = this.#library.h5;
    const decoder = new TextDecoder(metadata.cset === 1 ? 'utf-8' : 'latin1');
    const view = new DataView(h5.HEAPU8.buffer);
    return Array.from({ length: count }, (_, i) => {
      const at = pointer + i * metadata.size;
      if (metadata.vlen) {
        const text = view.getUint32(at, true);
        return text === 0 ? '' : h5.UTF8ToString(text);
      }
      const bytes = h5.HEAPU8.slice(at, at + metadata.size);
      const end = bytes.indexOf(0);
      // Fixed-width text is padded with zeros or blanks.
      return decoder.decode(end < 0 ? bytes : bytes.subarray(0, end)).trimEnd();
    });
  }

  #withMemory<T>(path: string, bytes: number, use: (pointer: number) => T): T {
    const h5 = this.#library.h5;
    const pointer = bytes < 2 ** 31 ? h5._malloc(Math.max(8, bytes)) : 0;
    if (pointer === 0) throw this.#tooLarge(path, bytes);
    try {
      h5.HEAPU8.fill(0, pointer, pointer + bytes);
      return use(pointer);
    } finally {
      h5._free(pointer);
    }
  }

  /** Everything the library throws becomes one error; our own pass. */
  #guard<T>(path: string, use: () => T): T {
    try {
      return use();
    } catch (error) {
      if (error instanceof SpikebridgeError) throw error;
      throw damaged(this.#library, this.name, path, error);
    }
  }

  #unreadable(path: string): SpikebridgeError {
    const { text, failure } = this.#library.takeMessages();
    return new SpikebridgeError(
      'E_HDF5_READ',
      `The data of ${path} cannot be read: the file is damaged, or they lie in another file.`,
      {
        where: this.name,
        fix: 'Copy the file again; if it uses external storage, export it with its data inside.',
        cause: failure ?? text,
      },
    );
  }

  #wrongType(path: string, wanted: string): SpikebridgeError {
    return new SpikebridgeError('E_HDF5_DTYPE', `${path} does not hold ${wanted}.`, {
      where: this.name,
      fix: 'Check that the file follows its format.',
    });
  }

  #tooLarge(path: string, bytes: number): SpikebridgeError {
    return new SpikebridgeError(
      'E_HDF5_SIZE',
      `${path} claims ${bytes} bytes, more than a file of ${this.#size} bytes can hold here.`,
      {
        where: this.name,
        fix: 'The file is damaged or far too large: export the units you need.',
      },
    );
  }
}

function numberType(metadata: H5Metadata): NpyType | undefined {
  const { type, size, signed } = metadata;
  const descr = `${type}/${size}`;
  if (type === FLOAT && (size === 2 || size === 4 || size === 8))
    return { kind: 'f', bytes: size, little: true, descr };
  if ((type === INTEGER || type === ENUM) && [1, 2, 4, 8].includes(size)) {
    return { kind: signed || type === ENUM ? 'i' : 'u', bytes: size, little: true, descr };
  }
  return undefined;
}

function damaged(library: Hdf5Library, file: string, path: string, error: unknown): SpikebridgeError {
  const { text, failure } = library.takeMessages();
  return new SpikebridgeError(
    'E_HDF5_DAMAGED',
    `${path} cannot be opened: the HDF5 file is cut short or damaged.`,
    {
      where: file,
      fix: 'Copy or export the file again.',
      cause: failure ?? (text === '' ? error : text),
    },
  );
}
