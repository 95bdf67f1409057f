// What a training run would take in memory and time: a few real steps are timed, or shorter ones where a step takes long;
// nothing is written.
import type { Device, Prepared, ResolvedConfig } from '@spikebridge/model';
import {
  bankFor,
  BoundPlan,
  countBins,
  formatDuration,
  netOfConfig,
  planCosts,
  roughSeconds,
  shortened,
  WindowSampler,
} from '@spikebridge/model';
import { formatBytes } from './terminal.ts';
import type { Terminal } from './terminal.ts';

/** Steps are timed for about this long, after one that is left out (first-touch of memory, compilation). */
const TIMED_SECONDS = 3;

export interface DryRun {
  readonly resolved: ResolvedConfig;
  readonly prepared: Prepared;
  readonly device: Device;
  readonly terminal: Terminal;
}

export async function dryRun({ resolved, prepared, device, terminal }: DryRun): Promise<void> {
  const { config } = resolved;
  const { training, seed } = config;
  const { raster, split, selection } = prepared;
  const net = netOfConfig(config);
  const sampler = new WindowSampler({
    observed: raster.observed,
    part: split.train.spans,
    context: training.context,
    batch: training.batch,
    seed,
  });
  const parameters = device.backend.parameters(net.specs);
  const rates = selection.rates.map((hertz) => Math.min(0.5, (hertz * config.data.binMs) / 1000 + 1e-6));
  for (const [name, values] of net.initialise(seed, rates)) parameters.write(name, values);
  const whole = { batch: training.batch, bins: training.context };
  const timed = shortened(net, whole.batch, whole.bins);
  const isWhole = timed.batch === whole.batch && timed.bins === whole.bins;
  const plan = new BoundPlan({
    backend: device.backend,
    parameters,
    net,
    mode: 'train',
    shape: timed,
    raster,
    bank: bankFor(net, raster),
    unitMask: selection.mask,
  });
  const steps = training.steps ?? sampler.stepsOf(training.epochs ?? 0);
  const measured = await timeSteps(async (step) => {
    const windows = sampler.windowsAt(step).slice(0, timed.batch);
    plan.load(windows.map((window) => ({ ...window, rows: Math.min(window.rows, timed.bins) })));
    plan.run('train', { seed, step });
    // A device answers when it is done.
    await plan.loss();
  });
  const secondsAStep = isWhole ? measured : (measured * roughSeconds(net, whole)) / roughSeconds(net, timed);
  const count = net.specs.reduce((sum, spec) => sum + spec.shape.reduce((a, b) => a * b, 1), 0);
  // Weights, gradients and two moments, four bytes each.
  const parameterBytes = count * 16;
  const document = {
    schema: 'spikebridge.dry-run/1',
    configHash: resolved.hash,
    config,
    device: device.choice,
    parameters: count,
    bytes: {
      parameters: parameterBytes,
      plan: isWhole ? plan.bytes : planCosts(net.plan('train', whole).plan).memoryBytes,
      raster: raster.words.byteLength,
    },
    steps,
    epochs: sampler.epochsAt(steps),
    trainingBins: countBins(split.train.spans),
    /** The shape that was timed; where it is not the run's own, time and memory are estimated from it. */
    timed: { ...timed, whole: isWhole, seconds: measured },
    secondsAStep,
    seconds: secondsAStep * steps,
    segments: split.segments,
  };
  plan.dispose();
  parameters.dispose();
  const total = parameterBytes + document.bytes.plan + raster.words.byteLength;
  terminal.result(
    [
      'dry run: nothing was written',
      `  net        ${count} parameters`,
      `  memory     ${formatBytes(total)} (parameters and moments ${formatBytes(parameterBytes)}, ` +
        `activations ${formatBytes(document.bytes.plan)}, raster ${formatBytes(raster.words.byteLength)})`,
      `  steps      ${steps} of ${training.batch} x ${training.context} bins, ${document.epochs.toFixed(1)} epochs`,
      `  time       about ${formatDuration(document.seconds)} (${(secondsAStep * 1000).toFixed(0)} ms a step, ` +
        (isWhole ? '' : `estimated from a step of ${timed.batch} x ${timed.bins} bins; `) +
        'evaluation and checkpoints not counted)',
    ].join('\n'),
    document,
  );
}

async function timeSteps(step: (index: number) => Promise<void>): Promise<number> {
  await step(0);
  const started = performance.now();
  let done = 0;
  let elapsed: number;
  do {
    done += 1;
    await step(done);
    elapsed = (performance.now() - started) / 1000;
  } while (elapsed < TIMED_SECONDS);
  return elapsed / done;
}
