// `train`: from a recording and a configuration to a run folder; stops at a safe place on Ctrl-C and goes on exactly.
import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { Device, Prepared, ResolvedConfig, TrainingResult } from '@spikebridge/model';
import {
  dataRecord,
  describeSource,
  environment,
  formatDuration,
  isPresetName,
  isUnitFree,
  openTrainingDevice,
  prepareSource,
  PRESETS,
  refuseOtherData,
  resolveConfig,
  RunFolder,
  runTraining,
  SpikebridgeError,
  VERSION,
} from '@spikebridge/model';
import { openData } from '../data.ts';
import { nodeDeviceHost } from '../device.ts';
import { dryRun } from '../dry-run.ts';
import { profileStep } from '../profile.ts';
import { hostCall } from '../host/location.ts';
import { describeHost } from '../host/runtime.ts';
import { nodeRunStore } from '../host/run-store.ts';
import { rememberSource } from '../known-sources.ts';
import { openFurther } from '../further-sources.ts';
import type { FurtherSource } from '../further-sources.ts';
import { holdInterrupt, INTERRUPTED } from '../interrupt.ts';
import type { GlobalFlags, ReadingFlags } from '../options.ts';
import { readOptions } from '../options.ts';
import { shareablePath } from '../shareable-path.ts';
import { Terminal } from '../terminal.ts';

export interface TrainFlags extends ReadingFlags, GlobalFlags {
  readonly data: string;
  readonly out: string;
  readonly preset?: string;
  readonly net?: 'transformer' | 'unit-free';
  readonly also?: readonly string[];
  readonly loss?: string;
  readonly seed?: number;
  readonly device?: string;
  readonly split?: readonly [number, number, number];
  readonly start?: number;
  readonly stop?: number;
  readonly config?: string;
  readonly set: readonly string[];
  readonly threads?: number;
  readonly deterministic?: boolean;
  readonly dryRun?: boolean;
  readonly resume?: boolean;
  readonly force?: boolean;
  readonly profile?: string;
}

/** The command: trains, resumes or (dry run) describes. Returns the exit code: 0, or 130 after Ctrl-C. */
export async function train(flags: TrainFlags): Promise<number> {
  const terminal = Terminal.of(flags);
  const trained = await trainRun(flags, terminal);
  if (trained === undefined) return 0;
  const { result, seconds, configHash } = trained;
  terminal.result(describeResult(result, flags, seconds), {
    schema: 'spikebridge.training/1',
    run: flags.out,
    configHash,
    ...result,
    seconds,
  });
  return result.status === 'interrupted' ? INTERRUPTED : 0;
}

export interface Trained {
  readonly result: TrainingResult;
  readonly seconds: number;
  readonly configHash: string;
}

/** Trains into `--out`; undefined after a dry run. */
export async function trainRun(flags: TrainFlags, terminal: Terminal): Promise<Trained | undefined> {
  refuseContradictions(flags);
  const existing = flags.resume === true ? await openExisting(flags) : undefined;
  const resolved = existing?.resolved ?? resolveFlags(flags);
  if (isUnitFree(resolved.config)) refuseTiming(flags);
  const reading = { ...(existing === undefined ? {} : dataRecord(existing).reading), ...readOptions(flags) };
  const opened = await openData(flags.data, reading, terminal);
  if (existing !== undefined) refuseOtherData(existing, opened, flags.data);
  const prepared = prepareSource(opened.recording, resolved.config);
  describeSource(prepared, terminal);
  const further = await openFurther(flags.also ?? [], existing, resolved.config, terminal);
  let device = await openTrainingDevice(nodeDeviceHost, {
    ...{ prepared, config: resolved.config, threads: flags.threads },
    ...(existing === undefined ? {} : { existing }),
  });
  try {
    terminal.note(`device: ${device.choice.description} (${device.choice.why})`);
    if (flags.profile !== undefined)
      await profileStep({ path: flags.profile, prepared, resolved, device, terminal });
    if (flags.dryRun === true) {
      await dryRun({ resolved, prepared, device, terminal });
      return undefined;
    }
    const folder =
      existing ??
      (await RunFolder.create(nodeRunStore(flags.out), {
        config: resolved,
        env: environment({
          ...{ version: VERSION, host: { ...describeHost() }, choice: device.choice },
          data: {
            ...opened,
            path: shareablePath(flags.out, flags.data),
            slots: prepared.selection.slots,
          },
          further: further.map((other) => ({
            ...other.opened,
            path: shareablePath(flags.out, other.path),
            slots: other.selection.slots,
          })),
        }),
        force: flags.force === true,
        resume: flags.resume === true,
      }));
    const forgotten = rememberSource(opened.fingerprint, flags.data);
    if (forgotten !== undefined)
      terminal.note(`evaluate will ask for --source: where the recording lies was not kept (${forgotten})`);
    const replaced = (another: Device) => (device = another);
    return await trainUntilStopped({ flags, prepared, further, device, replaced, folder, terminal });
  } finally {
    device.dispose();
  }
}

/** @throws E_USAGE: to go on with a run and to replace it cannot both be meant. */
function refuseContradictions(flags: TrainFlags): void {
  if (flags.resume === true && flags.force === true)
    throw new SpikebridgeError('E_USAGE', '--resume goes on with a run and --force replaces it', {
      where: flags.out,
      fix: 'give one of them',
      exitCode: 2,
    });
}

/** @throws E_USAGE: what both of them time is a step over windows. */
function refuseTiming({ dryRun: dry, profile }: TrainFlags): void {
  const asked = dry === true ? '--dry-run' : profile === undefined ? undefined : '--profile';
  if (asked !== undefined)
    throw new SpikebridgeError('E_USAGE', 'a unit-free net has no step to time before its rows are drawn', {
      where: asked,
      fix: 'leave it out: drawing rows shows its own progress and takes most of the time',
      exitCode: 2,
    });
}

/** The run to go on with; undefined where nothing was begun yet (a kill before the first write, or a first start). */
async function openExisting(flags: TrainFlags): Promise<RunFolder | undefined> {
  const store = nodeRunStore(flags.out);
  if (!existsSync(flags.out) || (await store.read('config.resolved.yaml')) === null) return undefined;
  const folder = await RunFolder.open(store);
  const asksForConfig =
    flags.set.length > 0 ||
    [
      flags.preset,
      flags.net,
      flags.loss,
      flags.seed,
      flags.device,
      flags.split,
      flags.start,
      flags.stop,
      flags.config,
    ].some((flag) => flag !== undefined) ||
    flags.deterministic === true;
  if (asksForConfig && resolveFlags(flags).hash !== folder.resolved.hash)
    throw new SpikebridgeError(
      'E_RESUME_CONFIG',
      'the options ask for another configuration than the run has',
      {
        where: flags.out,
        fix: 'leave out the options that set the configuration, or train into another folder',
        exitCode: 2,
      },
    );
  return folder;
}

/** `--net unit-free` is the preset of that name where none is given. @throws E_USAGE where the two contradict each other */
function presetOf({ net, preset }: Pick<TrainFlags, 'net' | 'preset'>): string | undefined {
  if (net === undefined) return preset;
  if (preset === undefined) return net === 'unit-free' ? net : undefined;
  // A name that is no preset is refused where the configuration is resolved.
  if (!isPresetName(preset) || isUnitFree(PRESETS[preset]) === (net === 'unit-free')) return preset;
  throw new SpikebridgeError('E_USAGE', `preset ${preset} is no ${net}`, {
    where: '--net',
    fix: 'give one of --net and --preset',
    exitCode: 2,
  });
}

/** Preset < file < single options < --set. */
export function resolveFlags(flags: Omit<TrainFlags, 'data' | 'out'>): ResolvedConfig {
  const { config: file } = flags;
  const preset = presetOf(flags);
  const single: [string, unknown][] = [
    ['loss.kind', flags.loss],
    ['seed', flags.seed],
    ['device', flags.device],
    ['data.split', flags.split],
    ['data.start', flags.start],
    ['data.stop', flags.stop],
    ['deterministic', flags.deterministic],
  ];
  return resolveConfig({
    ...(preset === undefined ? {} : { preset }),
    ...(file === undefined
      ? {}
      : { file: { name: basename(file), text: hostCall(file, () => readFileSync(file, 'utf8')) } }),
    sets: [
      ...single.flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${JSON.stringify(value)}`])),
      ...flags.set,
    ],
  });
}

interface TrainingCall {
  readonly flags: TrainFlags;
  readonly prepared: Prepared;
  readonly further: readonly FurtherSource[];
  readonly device: Device;
  /** Told of the device that takes the place of a lost one. */
  readonly replaced: (device: Device) => void;
  readonly folder: RunFolder;
  readonly terminal: Terminal;
}

async function trainUntilStopped(call: TrainingCall): Promise<Trained> {
  const { flags, folder, terminal } = call;
  const interrupt = holdInterrupt(() => {
    terminal.note('\nstopping after this step; a checkpoint will be written (Ctrl-C again: leave at once)');
  });
  const started = performance.now();
  let result: TrainingResult;
  try {
    result = await runTraining({
      ...call,
      resume: flags.resume === true,
      signal: interrupt.signal,
      listener: terminal,
    });
  } finally {
    interrupt.release();
  }
  const seconds = (performance.now() - started) / 1000;
  return { result, seconds, configHash: folder.resolved.hash };
}

function describeResult(result: TrainingResult, flags: TrainFlags, seconds: number): string {
  const { status, step, steps, best } = result;
  const bits = best?.bitsPerSpike;
  const judged =
    best === null
      ? ''
      : `\n  best on source validation: step ${best.step}` +
        (bits === null || bits === undefined ? '' : `, ${bits.toFixed(4)} bits/spike over own rate`);
  const next =
    status === 'interrupted'
      ? `go on with: spikebridge train --data ${flags.data} --out ${flags.out} --resume`
      : `judge it with: spikebridge evaluate --run ${flags.out}`;
  return `${flags.out}: ${status} at step ${step} of ${steps}, ${formatDuration(seconds)}${judged}\n  ${next}`;
}
