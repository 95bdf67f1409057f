// The WebGPU suite: the whole training step and causal attention against tfjs-webgpu, on the same adapter in the same process, with
// the memory that each holds on the device, and every kernel of our step by the device's clock. Prints a block to paste.
// Usage: node dist/webgpu.bench.js [--quick]; writes results/webgpu.json. A software adapter is named as such on every row.
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import type { BenchRow } from './figures.ts';
import { timed } from './kernels/contender.ts';
import type { Contender } from './kernels/contender.ts';
import { writeResults } from './results.ts';
import { disagreement } from './training-step/agreement.ts';
import { measure } from './training-step/measure.ts';
import { netPeer } from './training-step/net.ts';
import { makeProblem } from './training-step/problem.ts';
import type { Shape } from './training-step/problem.ts';
import { openBenchGpu } from './webgpu/device.ts';

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
const gpu = await openBenchGpu();
// After the adapter is in its place: tfjs looks for it when it is imported.
const { tfjsPeer } = await import('./training-step/tfjs.ts');
const { hearTfjsErrors, tfjsBytes } = await import('./tfjs-backend.ts');
const { attentionCase } = await import('./kernels/attention.ts');

const STEP_SHAPES: readonly Shape[] = values.quick
  ? [{ batch: 2, bins: 64 }]
  : [
      { batch: 4, bins: 512 },
      { batch: 1, bins: 5000 },
    ];
const LENGTHS: readonly number[] = values.quick ? [128] : [1000, 2000, 5000, 16_000];
const SAMPLES = gpu.info.software ? 3 : 20;
const MIB = 2 ** 20;

/** Known once tfjs has its device. */
let refusal: (() => string | null) | null = null;
const rows: BenchRow[] = [];
const lines: string[] = [`adapter: ${gpu.name}`];
const say = (line: string): void => {
  lines.push(line);
  process.stderr.write(`${line}\n`);
};
process.stderr.write(`${lines[0]}\n`);

interface Outcome {
  readonly medianMs: number | null;
  readonly bytes: number | null;
  readonly note: string;
}

const failed = (error: unknown): Outcome => ({
  medianMs: null,
  bytes: null,
  note: `fails: ${String(error).split('\n')[0].slice(0, 160)}`,
});

function report(what: string, shape: string, ours: Outcome, theirs: Outcome): void {
  const peers = [
    ['ours-webgpu', ours, null],
    [
      'tfjs-webgpu',
      theirs,
      ours.medianMs !== null && theirs.medianMs !== null ? theirs.medianMs / ours.medianMs : null,
    ],
  ] as const;
  for (const [peer, { medianMs, bytes, note }, ratio] of peers) {
    rows.push({
      suite: 'webgpu',
      ...{ what, peer, shape, medianMs, ratio },
      runs: SAMPLES,
      peakRssMiB: null,
      note: `${gpu.name}; ${bytes === null ? 'memory not known' : `${(bytes / MIB).toFixed(1)} MiB on the device`}; ${note}`,
      ...(medianMs === null ? { skipped: note } : {}),
    });
    const time = medianMs === null ? note : `${medianMs.toPrecision(4)} ms`;
    const memory = bytes === null ? '' : `, ${(bytes / MIB).toFixed(1)} MiB`;
    say(
      `${what}, ${shape}: ${peer}: ${time}${memory}${ratio === null ? '' : `, ${ratio.toFixed(1)} x ours`}`,
    );
  }
}

for (const shape of STEP_SHAPES) {
  const problem = makeProblem(shape);
  const backend = await gpu.backend();
  const peer = netPeer('ours-webgpu', 1, backend);
  const runner = await peer.prepare(problem);
  const mine = await measure(peer, runner, 2, SAMPLES);
  const bytes = backend.runtime.counters.bytes;
  const ours = { medianMs: mine.medianMs, bytes, note: `loss ${mine.first.loss.toFixed(5)}` };
  runner.dispose();
  backend.dispose();
  let theirs: Outcome;
  try {
    const other = await tfjsPeer('webgpu');
    refusal ??= hearTfjsErrors();
    const otherRunner = await other.prepare(problem);
    const measured = await measure(other, otherRunner, 2, SAMPLES);
    const apart = refusal() ?? disagreement(mine, measured);
    theirs =
      apart === null
        ? { medianMs: measured.medianMs, bytes: tfjsBytes(), note: `loss ${measured.first.loss.toFixed(5)}` }
        : failed(`it computes something else, or nothing: ${apart}`);
    otherRunner.dispose();
  } catch (error) {
    theirs = failed(error);
  }
  report('training step', `B ${shape.batch} x T ${shape.bins}`, ours, theirs);
}

for (const bins of LENGTHS) {
  const one = attentionCase(bins, 'forward and backward');
  const outcomeOf = async (make: () => Contender, bytes: () => number): Promise<Outcome> => {
    try {
      const contender = make();
      contender.submit();
      await contender.settle();
      const { medianMs } = await timed(contender, { samples: Math.min(SAMPLES, 5), leastMs: 0 });
      const outcome = { medianMs, bytes: bytes(), note: 'forward and backward' };
      contender.dispose();
      const refused = refusal?.() ?? null;
      return refused === null ? outcome : failed(refused);
    } catch (error) {
      return failed(error);
    }
  };
  const backend = await gpu.backend();
  const ours = await outcomeOf(
    () => one.ours(backend),
    () => backend.runtime.counters.bytes,
  );
  backend.dispose();
  report('causal attention', one.shape, ours, await outcomeOf(() => one.theirs(), tfjsBytes));
}

const path = writeResults('webgpu', rows, { quick: values.quick });
process.stdout.write(`\n\`\`\`text\n${lines.join('\n')}\n\`\`\`\n\nwritten: ${basename(path)}\n`);
process.exit(0);
