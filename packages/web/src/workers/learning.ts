// Training in the page: the run folder of the command line, in the page's own file system.
import type { OpenedRecording, ResolvedConfig, RunFolder, TrainingResult } from '@spikebridge/model';
import {
  environment,
  openTrainingDevice,
  prepareSource,
  resolveConfig,
  RunFolder as Folder,
  runTraining,
  validationFloors,
  VERSION,
} from '@spikebridge/model';
import type { RecordingEntry } from '../host/recording-list.ts';
import { describeBrowser, webDeviceHost } from '../host/web-device.ts';
import { listenerOf, paced } from './lab-events.ts';
import type { JobHost } from './lab-events.ts';
import type { Shelves } from './shelves.ts';

export interface TrainRequest {
  /** Page's id of the recording. */
  readonly recording: string;
  readonly preset: string;
  /** `key=value` over the preset, as `train --set` has them. */
  readonly sets: readonly string[];
  /** Floors to draw beside its validation score; each unit's own history takes a minute to fit. */
  readonly floors: 'rates' | 'history';
  /** What to call the run; by default after the recording, preset and loss. */
  readonly name?: string;
}

export interface Begun {
  readonly id: string;
  readonly resolved: ResolvedConfig;
  readonly opened: { readonly entry: RecordingEntry } & Pick<OpenedRecording, 'recording'>;
  readonly floors: TrainRequest['floors'];
  /** There already where it is resumed. */
  readonly folder?: RunFolder;
}

/** Settles what is trained on what, and under which name. @throws E_CONFIG_*, E_DATA_MISSING */
export async function beginRun({ recordings, runs }: Shelves, request: TrainRequest): Promise<Begun> {
  const opened = await recordings.load(request.recording);
  const resolved = resolveConfig({ preset: request.preset, sets: [...request.sets] });
  const { preset, loss } = resolved.config;
  const id = await runs.freeName(request.name ?? `${opened.entry.name}-${preset}-${loss.kind}`);
  return { id, resolved, opened, floors: request.floors };
}

/** Trains until it is done or stopped; goes on from the newest checkpoint where the folder is there. */
export async function continueRun(
  { runs }: Shelves,
  { id, resolved, opened: { entry, recording }, floors, folder: existing }: Begun,
  host: JobHost,
): Promise<TrainingResult> {
  const { config } = resolved;
  const prepared = prepareSource(recording, config);
  let device = await openTrainingDevice(webDeviceHost, {
    ...{ prepared, config },
    ...(existing === undefined ? {} : { existing }),
  });
  try {
    const data = {
      ...{ recording, reading: entry.reading, fingerprint: entry.fingerprint },
      ...{ path: null, slots: prepared.selection.slots },
    };
    const folder =
      existing ??
      (await Folder.create(runs.storeOf(id), {
        config: resolved,
        env: environment({ version: VERSION, host: describeBrowser(), choice: device.choice, data }),
      }));
    const { description, why } = device.choice;
    const due = paced();
    host.watch({ kind: 'begun', run: id, device: description, why });
    host.watch({
      kind: 'floors',
      floors: await validationFloors({
        ...{ source: prepared, fingerprint: entry.fingerprint, config, host: device.matMul },
        store: runs.storeOf('.floors'),
        // What is fitted is seen by its progress; notes are for what happens to the training.
        listener: { ...listenerOf({ ...host, signal: NEVER }), note: () => undefined },
        wanted: floors === 'history' ? ['recent-rate', 'own-history'] : ['recent-rate'],
      }),
    });
    return await runTraining({
      ...{ folder, prepared, device, further: [], resume: existing !== undefined },
      ...{ signal: host.signal, listener: listenerOf({ ...host, signal: NEVER }) },
      replaced: (another) => (device = another),
      onStep: (progress) => {
        if (due(progress.step === progress.steps)) host.watch({ kind: 'step', progress });
      },
    });
  } finally {
    device.dispose();
  }
}

/** A training hears its signal itself, and writes a checkpoint first. */
const NEVER = new AbortController().signal;
