// The interpreter: replays a list of records on all threads, one barrier after each.
import { awaitEpoch, barrier, setThread } from './control';
import { activationBackward, add, fill, map } from './elementwise';
import { combine, matmul } from './matmul';
import {
  CONTROL_COUNT,
  CONTROL_EPOCH,
  CONTROL_PROGRAM,
  CONTROL_STOP,
  CONTROL_THREADS,
  OP_ACTIVATION_BACKWARD,
  OP_ADD,
  OP_COMBINE,
  OP_FILL,
  OP_MAP,
  OP_MATMUL,
  RECORD_WORDS,
} from './opcodes';

function dispatch(opcode: i32, record: usize): void {
  switch (opcode) {
    case OP_MATMUL:
      return matmul(record);
    case OP_COMBINE:
      return combine(record);
    case OP_FILL:
      return fill(record);
    case OP_ADD:
      return add(record);
    case OP_MAP:
      return map(record);
    case OP_ACTIVATION_BACKWARD:
      return activationBackward(record);
    default:
      unreachable();
  }
}

function replay(program: usize, count: i32): void {
  for (let i = 0; i < count; i++) {
    const record = program + ((<usize>(i * RECORD_WORDS)) << 2);
    dispatch(load<i32>(record), record);
    barrier();
  }
}

/** Replays `count` records at `program` on every thread; returns when all have finished. */
export function run(program: usize, count: i32): void {
  if (load<i32>(CONTROL_THREADS) > 1) {
    store<u32>(CONTROL_PROGRAM, <u32>program);
    store<i32>(CONTROL_COUNT, count);
    atomic.add<i32>(CONTROL_EPOCH, 1);
    atomic.notify(CONTROL_EPOCH, -1);
  }
  replay(program, count);
}

/** A worker's life: wait for an epoch, replay, repeat, until told to stop. */
export function work(index: i32): void {
  setThread(index);
  let seen = 0;
  while (true) {
    seen = awaitEpoch(CONTROL_EPOCH, seen);
    if (load<i32>(CONTROL_STOP)) return;
    replay(<usize>load<u32>(CONTROL_PROGRAM), load<i32>(CONTROL_COUNT));
  }
}
