// How the threads that replay a program agree: task claims, and a barrier that spins briefly and then sleeps.
import {
  CONTROL_ARRIVED,
  CONTROL_GENERATION,
  CONTROL_SCRATCH,
  CONTROL_TASK,
  CONTROL_THREADS,
  RECORD_FLOATS,
} from './opcodes';

/** Loads of the generation before a waiting thread sleeps: ~10 us, longer than most gaps between two operations. */
const SPINS: i32 = 6000;

/** Which thread runs this instance: 0 is the caller, the others are workers. */
export let thread: i32 = 0;
export function setThread(index: i32): void {
  thread = index;
}

/** The next unclaimed task of the running operation. Tasks are cut by shape alone, so who runs one cannot matter. */
@inline
export function claim(): i32 {
  return atomic.add<i32>(CONTROL_TASK, 1);
}

/** Waits until every thread is here. The last one re-opens the task counter for the next operation. */
export function barrier(): void {
  const threads = load<i32>(CONTROL_THREADS);
  if (threads == 1) {
    store<i32>(CONTROL_TASK, 0);
    return;
  }
  const generation = atomic.load<i32>(CONTROL_GENERATION);
  if (atomic.add<i32>(CONTROL_ARRIVED, 1) == threads - 1) {
    atomic.store<i32>(CONTROL_ARRIVED, 0);
    atomic.store<i32>(CONTROL_TASK, 0);
    atomic.store<i32>(CONTROL_GENERATION, generation + 1);
    atomic.notify(CONTROL_GENERATION, -1);
    return;
  }
  for (let spin = 0; spin < SPINS; spin++) {
    if (atomic.load<i32>(CONTROL_GENERATION) != generation) return;
  }
  while (atomic.load<i32>(CONTROL_GENERATION) == generation) {
    atomic.wait<i32>(CONTROL_GENERATION, generation, -1);
  }
}

/** Waits until the epoch leaves `seen`; returns the new one. */
export function awaitEpoch(address: usize, seen: i32): i32 {
  for (let spin = 0; spin < SPINS; spin++) {
    const now = atomic.load<i32>(address);
    if (now != seen) return now;
  }
  while (atomic.load<i32>(address) == seen) atomic.wait<i32>(address, seen, -1);
  return atomic.load<i32>(address);
}

/** This thread's scratch block. */
@inline
export function scratch(): usize {
  return <usize>load<u32>(CONTROL_SCRATCH + (<usize>thread << 2));
}

/** Integer argument n of a record. */
@inline
export function int(record: usize, n: i32): i32 {
  return load<i32>(record + (<usize>(1 + n) << 2));
}

/** Pointer argument n of a record. */
@inline
export function pointer(record: usize, n: i32): usize {
  return <usize>load<u32>(record + (<usize>(1 + n) << 2));
}

/** Float argument n of a record. */
@inline
export function float(record: usize, n: i32): f32 {
  return load<f32>(record + (<usize>(RECORD_FLOATS + n) << 2));
}

/** Tasks of `size` items that cover `total`. */
@inline
export function tasksOf(total: i32, size: i32): i32 {
  return (total + size - 1) / size;
}
