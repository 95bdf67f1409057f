// h5wasm loaded once, and byte sources shown to it as files: reads go through ByteSource.read, nothing is copied into memory first.
import { hasBrokenHeap } from './hdf5Heap.ts';
import type { H5Module } from './hdf5Types.ts';
import type { ByteSource } from './types.ts';

/** Directory of the module's file system under which byte sources appear. */
const MOUNT = '/spikebridge';
/** errno values of Emscripten: no such file, input/output error, invalid argument, read-only. */
const ENOENT = 44;
const EIO = 29;
const EINVAL = 28;
const EROFS = 69;

interface FsNode {
  id: number;
  mode: number;
  name: string;
  size?: number;
  node_ops: object;
  stream_ops: object;
}
interface FsStream {
  node: FsNode;
  position: number;
  stream_ops: object;
}
/** The part of Emscripten's FS that is used; its own typings leave these out. */
interface EmscriptenFs {
  mkdir(path: string): unknown;
  mount(type: { mount(): FsNode }, options: object, path: string): unknown;
  unlink(path: string): void;
  createNode(parent: FsNode | null, name: string, mode: number, device: number): FsNode;
  ErrnoError: new (errno: number) => Error;
  streams: (FsStream | null | undefined)[];
}

/** The loaded library with the sources that are open. */
export interface Hdf5Library {
  readonly h5: H5Module;
  /** Shows a source as a file and gives its path. */
  show(source: ByteSource): string;
  /** Takes the file away again. */
  hide(path: string): void;
  /** What the library wrote to its error stream since the last call; and the first failure of a source. */
  takeMessages(): { text: string; failure: unknown };
}

let library: Promise<Hdf5Library> | undefined;

/** Loads h5wasm (4 MB) when the first HDF5 file is met. */
export function hdf5Library(): Promise<Hdf5Library> {
  library ??= import('h5wasm').then(async (module) => {
    const h5 = await module.ready;
    return connect(h5, h5.FS as unknown as EmscriptenFs);
  });
  return library;
}

function connect(h5: H5Module, fs: EmscriptenFs): Hdf5Library {
  const sources = new Map<string, ByteSource>();
  let serial = 0;
  let messages = '';
  let failure: unknown;

  const streamOperations = {
    read(stream: FsStream, buffer: Int8Array, offset: number, length: number, position: number): number {
      const source = sources.get(stream.node.name);
      if (source === undefined) throw new fs.ErrnoError(EIO);
      try {
        const wanted = Math.max(0, Math.min(length, source.size - position));
        const bytes = source.read(position, wanted);
        if (hasBrokenHeap(bytes)) throw new Error('a global heap of the file is damaged');
        // The heap is a view of bytes; Int8 and Uint8 share them.
        new Uint8Array(buffer.buffer, buffer.byteOffset + offset, wanted).set(bytes.subarray(0, wanted));
        return bytes.length;
      } catch (error) {
        failure ??= error;
        throw new fs.ErrnoError(EIO);
      }
    },
    write(): never {
      throw new fs.ErrnoError(EROFS);
    },
    llseek(stream: FsStream, offset: number, whence: number): number {
      const from = whence === 1 ? stream.position : whence === 2 ? (stream.node.size ?? 0) : 0;
      if (from + offset < 0) throw new fs.ErrnoError(EINVAL);
      return from + offset;
    },
  };
  const nodeOperations = {
    getattr(node: FsNode) {
      const size = node.size ?? 4096;
      const time = new Date(0);
      const blocks = Math.ceil(size / 4096);
      return {
        dev: 1,
        ino: node.id,
        mode: node.mode,
        nlink: 1,
        uid: 0,
        gid: 0,
        rdev: 0,
        size,
        atime: time,
        mtime: time,
        ctime: time,
        blksize: 4096,
        blocks,
      };
    },
    setattr: () => undefined,
    lookup(parent: FsNode, name: string): FsNode {
      const source = sources.get(name);
      if (source === undefined) throw new fs.ErrnoError(ENOENT);
      return make(parent, name, 0o100444, source.size);
    },
    unlink: (_parent: FsNode, name: string) => sources.delete(name),
    readdir: () => ['.', '..', ...sources.keys()],
  };
  function make(parent: FsNode | null, name: string, mode: number, size: number): FsNode {
    const node = fs.createNode(parent, name, mode, 0);
    node.node_ops = nodeOperations;
    node.stream_ops = streamOperations;
    node.size = size;
    return node;
  }
  fs.mkdir(MOUNT);
  fs.mount({ mount: () => make(null, '/', 0o40777, 4096) }, {}, MOUNT);

  // HDF5 prints its error stack; it is kept as the cause of our own error and not shown.
  const standardError = fs.streams[2];
  if (standardError !== null && standardError !== undefined) {
    standardError.stream_ops = {
      ...standardError.stream_ops,
      write(_stream: FsStream, buffer: Int8Array, offset: number, length: number): number {
        const bytes = new Uint8Array(buffer.buffer, buffer.byteOffset + offset, length);
        if (messages.length < 10_000) messages += new TextDecoder().decode(bytes.slice());
        return length;
      },
    };
  }

  return {
    h5,
    show(source) {
      const name = `${serial++}.h5`;
      sources.set(name, source);
      return `${MOUNT}/${name}`;
    },
    hide(path) {
      try {
        fs.unlink(path);
      } catch {
        // Never looked up: only the entry of the map is there.
        sources.delete(path.slice(MOUNT.length + 1));
      }
    },
    takeMessages() {
      const taken = { text: messages, failure };
      messages = '';
      failure = undefined;
      return taken;
    },
  };
}
