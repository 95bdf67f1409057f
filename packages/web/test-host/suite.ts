// Everything that is checked on every WebGPU host (Dawn, Deno, Chromium), without a test framework. To check one thing more,
// write a Suite and name it in SUITES; to have a shader compiled by every host's compiler, name it in shaders.ts.
import type { GpuInfo } from '@spikebridge/model';
import { nets, ops } from './engine-suites.ts';
import type { Context, NamedShader, Row, Suite } from './rows.ts';
import { rollout } from './rollout-suite.ts';
import { shaderModules } from './shader-modules.ts';
import { SHADERS } from './shaders.ts';
import { training } from './training-suite.ts';
import { vectorAdd } from './vector-add.ts';

/** In the order in which they run. */
export const SUITES: readonly Suite[] = [vectorAdd, shaderModules, ops, nets, rollout, training];

/**
 * Runs every suite on a device and hands out each row as soon as it is known. Never throws: an exception, a lost device, a
 * suite without rows and an error that no suite caught are failed rows.
 */
export async function runSuite(
  device: GPUDevice,
  info: GpuInfo,
  emit: (row: Row) => void,
  {
    shaders = SHADERS,
    suites = SUITES,
    recording = null,
    thorough = false,
  }: {
    shaders?: readonly NamedShader[];
    suites?: readonly Suite[];
    recording?: Uint8Array | null;
    thorough?: boolean;
  } = {},
): Promise<void> {
  const context = { device, info, shaders, recording, thorough };
  const uncaught: string[] = [];
  const hear = ({ error }: GPUUncapturedErrorEvent) => uncaught.push(error.message);
  device.addEventListener('uncapturederror', hear);
  const lost = device.lost.then(({ reason, message }) => {
    throw new Error(`the device was lost (${reason}): ${message}`);
  });
  // The device is destroyed after the suites, when nobody waits for this any more.
  lost.catch(() => undefined);
  for (const suite of suites) await runOne(suite, context, emit, lost);
  // Such errors arrive after the work that made them.
  await Promise.race([device.queue.onSubmittedWorkDone(), lost]).catch(() => undefined);
  device.removeEventListener('uncapturederror', hear);
  const name = 'no error went unheard';
  const message = uncaught.join('\n');
  emit({ suite: 'device', name, pass: uncaught.length === 0, worst: null, tolerance: null, message });
}

async function runOne(
  suite: Suite,
  context: Context,
  emit: (row: Row) => void,
  lost: Promise<never>,
): Promise<void> {
  const fail = (message: string) =>
    emit({ suite: suite.name, name: 'ran', pass: false, worst: null, tolerance: null, message });
  try {
    const rows = inOrder(suite.rows(context));
    let count = 0;
    for (;;) {
      const next = await Promise.race([rows.next(), lost]);
      if (next.done === true) break;
      count += 1;
      emit(next.value);
    }
    if (count === 0) fail('the suite has no rows');
  } catch (error) {
    fail(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
}

async function* inOrder(rows: AsyncIterable<Row> | Iterable<Row>): AsyncGenerator<Row, void> {
  yield* rows;
}
