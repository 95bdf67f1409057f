// The low-level calls of h5wasm that are used. Its high-level ones ignore the status of a failed read and hand out whatever was in memory.

/** What the library says of a dataset or attribute type. `type` is the HDF5 class number. */
export interface H5Metadata {
  readonly type: number;
  readonly size: number;
  readonly signed: boolean;
  readonly vlen: boolean;
  readonly cset?: number;
  readonly ref_type?: 'object' | 'region';
  readonly shape: readonly number[] | null;
  readonly total_size: number;
  readonly chunks?: readonly number[] | null;
  readonly compound_type?: {
    readonly members: readonly (H5Metadata & { readonly name: string; readonly offset: number })[];
  };
  readonly virtual_sources?: readonly { readonly file_name: string }[];
}

/** The Emscripten module of h5wasm. Functions throw on unknown names; read functions return a negative status on failure. */
export interface H5Module {
  readonly HEAPU8: Uint8Array;
  readonly H5F_ACC_RDONLY: number;
  readonly H5G_GROUP: number;
  readonly H5G_DATASET: number;
  readonly H5G_UDLINK: number;
  readonly H5G_LINK: number;
  _malloc(bytes: number): number;
  _free(pointer: number): void;
  UTF8ToString(pointer: number): string;
  open(path: string, mode: number, trackOrder: boolean, libverLow: number, libverHigh: number): bigint;
  close_file(file: bigint): number;
  get_type(file: bigint, path: string): number;
  get_names(file: bigint, path: string, recursive: boolean): string[];
  get_attribute_names(file: bigint, path: string): string[];
  get_dataset_metadata(file: bigint, path: string): H5Metadata;
  get_attribute_metadata(file: bigint, path: string, name: string): H5Metadata;
  get_dataset_filters(file: bigint, path: string): readonly { readonly id: number; readonly name: string }[];
  get_dataset_data(
    file: bigint,
    path: string,
    count: bigint[] | null,
    offset: bigint[] | null,
    strides: bigint[] | null,
    pointer: bigint,
  ): number;
  get_referenced_name(file: bigint, reference: Uint8Array, isObject: boolean): string;
  get_symbolic_link(file: bigint, path: string): string;
  get_attribute_data(file: bigint, path: string, name: string, pointer: bigint): number;
  reclaim_vlen_memory(file: bigint, path: string, attribute: string, pointer: bigint): number;
}
