// Entry point of the spike core: binner and ranking metrics, one thread, its own growable memory.

/** Version of the calls below; the loader checks it. */
export function version(): i32 {
  return 1;
}
