// The floors row of `npm run reproduce`: fits every floor on the recordings of docs/data.md and holds them against the marks.
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { dataFolder, root } from './project.mjs';

const FILES = {
  inVitroTrain: ['spikes/shimono_i2i/invitro_210511001/asdf_bh.mat', { binUnitMs: 1 }],
  inVitroTest: ['spikes/shimono_i2i/invitro_210511001/asdf_lh.mat', { binUnitMs: 1 }],
  inVivo: ['spikes/shimono_i2i/invivo_NYU-40_2021-04-14_001/asdf.mat', { fs: 30000 }],
};

const figure = (value) => (value === null ? '-' : value.toFixed(3));

/** Takes tens of minutes on two cores: 128 units by 640 coupling features over a million bins. */
export async function floorsRow() {
  const model = await import(join(root, 'packages/model/dist/index.js'));
  const { nodeLocation } = await import(join(root, 'packages/cli/dist/host/location.js'));
  const recordings = {};
  for (const [name, [path, options]] of Object.entries(FILES)) {
    recordings[name] = await model.openRecording(nodeLocation(join(dataFolder(), path)), options);
  }
  const backend = await model.createWasmBackend({ threads: 2, spawn: model.nodeThreads(Worker) });
  const started = performance.now();
  const { document, marks } = model.reproduceFloors({
    ...recordings,
    host: model.kernelHost(backend.core),
    onProgress: (message) =>
      console.error(`${((performance.now() - started) / 1000).toFixed(0)} s  ${message}`),
  });
  backend.dispose();
  const rows = marks.map(
    (mark) =>
      `| ${mark.source} -> ${mark.target} | ${mark.predictor} | ${mark.metric} | ${figure(mark.value)} +/- ${mark.tolerance} | ` +
      `${figure(mark.found)} | ${mark.reached ? 'reached' : 'MISSED'} |`,
  );
  return {
    title: 'Floors against the marks of the first trial',
    commands: ['npm run reproduce -- floors'],
    data: { marks, document },
    markdown: [
      '| source -> target | predictor | metric | mark | found | |',
      '|---|---|---|---|---|---|',
      ...rows,
      '',
      '```text',
      model.evaluationTable(document),
      '```',
    ].join('\n'),
  };
}
