// A run store in memory, for tests: it keeps a journal of calls, and can fail at the n-th one to play a killed process.
import type { RunStore } from '../store.ts';

export class MemoryStore implements RunStore {
  readonly files = new Map<string, Uint8Array>();
  /** `write checkpoints/step-.../DONE`, ... in order. */
  readonly journal: string[] = [];
  /** The call (counted from 0) at which the process dies; that call and all later ones reject. */
  diesAt = Infinity;

  private note(call: string): Promise<void> {
    if (this.journal.length >= this.diesAt) return Promise.reject(new Error('killed'));
    this.journal.push(call);
    return Promise.resolve();
  }

  async write(path: string, bytes: Uint8Array): Promise<void> {
    await this.note(`write ${path}`);
    this.files.set(path, bytes.slice());
  }

  async append(path: string, bytes: Uint8Array): Promise<void> {
    await this.note(`append ${path}`);
    const before = this.files.get(path) ?? new Uint8Array(0);
    const after = new Uint8Array(before.length + bytes.length);
    after.set(before);
    after.set(bytes, before.length);
    this.files.set(path, after);
  }

  async truncate(path: string, length: number): Promise<void> {
    await this.note(`truncate ${path}`);
    const before = this.files.get(path);
    if (before !== undefined) this.files.set(path, before.slice(0, length));
  }

  read(path: string): Promise<Uint8Array | null> {
    return Promise.resolve(this.files.get(path)?.slice() ?? null);
  }

  list(folder: string): Promise<string[]> {
    const prefix = folder === '' ? '' : `${folder}/`;
    const inside = [...this.files.keys()].filter((path) => path.startsWith(prefix));
    const names = new Set(inside.map((path) => path.slice(prefix.length).split('/')[0]));
    return Promise.resolve([...names].sort());
  }

  async remove(path: string): Promise<void> {
    await this.note(`remove ${path}`);
    for (const name of [...this.files.keys()]) {
      if (name === path || name.startsWith(`${path}/`)) this.files.delete(name);
    }
  }

  async rename(from: string, to: string): Promise<void> {
    await this.note(`rename ${from} ${to}`);
    for (const [name, bytes] of [...this.files]) {
      if (name !== from && !name.startsWith(`${from}/`)) continue;
      this.files.delete(name);
      this.files.set(to + name.slice(from.length), bytes);
    }
  }

  /** The same files in a new store, as a fresh process would find them. */
  copy(): MemoryStore {
    const store = new MemoryStore();
    for (const [path, bytes] of this.files) store.files.set(path, bytes.slice());
    return store;
  }

  text(path: string): string {
    return new TextDecoder().decode(this.files.get(path) ?? new Uint8Array(0));
  }
}
