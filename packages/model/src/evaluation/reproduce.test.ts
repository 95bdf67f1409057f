// Plan: the four directions run end to end on small simulated recordings; marks are compared as they should be. (The real
// recordings take minutes: `npm run reproduce -- floors`.)
import { KernelCore } from '@spikebridge/core-wasm';
import { describe, expect, it } from 'vitest';
import { simulateInVitro } from '../recording/simulate-in-vitro.ts';
import { simulateInVivo } from '../recording/simulate-in-vivo.ts';
import { evaluationDocumentSchema } from './document.ts';
import { floorsFromBytes, floorsToBytes, type FittedFloors } from './floors/fitted.ts';
import { kernelHost } from './kernel-host.ts';
import { compareWithMarks, FLOOR_MARKS, reproduceFloors, type Domain } from './reproduce.ts';

describe('reproduceFloors', () => {
  it('scores four directions, saves its floors and compares with every mark', async () => {
    const host = kernelHost(await KernelCore.create({ deterministic: true }));
    const saved = new Map<Domain, FittedFloors>();
    const recordings = {
      inVitroTrain: simulateInVitro({ units: 6, seconds: 20, seed: 1 }),
      inVitroTest: simulateInVitro({ units: 6, seconds: 12, seed: 1 }),
      inVivo: simulateInVivo({ units: 6, seconds: 20, seed: 2 }),
    };
    const only = ['own-history', 'shared-kernel'] as const;
    const messages: string[] = [];
    const first = reproduceFloors({
      ...recordings,
      host,
      replicates: 20,
      only,
      save: (domain, floors) => saved.set(domain, floors),
      onProgress: (message) => messages.push(message),
    });
    expect(first.document.pairs.map((p) => `${p.source} -> ${p.target} ${p.pairing}`)).toEqual([
      'in vitro -> in vitro within',
      'in vitro -> in vivo index',
      'in vivo -> in vitro index',
      'in vivo -> in vivo within',
    ]);
    evaluationDocumentSchema.parse(first.document);
    expect(first.marks).toHaveLength(FLOOR_MARKS.length);
    expect(messages.some((m) => m.startsWith('in vivo: own-history'))).toBe(true);
    const again = reproduceFloors({
      ...recordings,
      host,
      replicates: 20,
      only,
      load: (domain) => {
        const floors = saved.get(domain);
        if (floors === undefined) return null;
        const { json, data } = floorsToBytes(floors);
        return floorsFromBytes(json, data);
      },
    });
    expect(again.document).toEqual(first.document);
  }, 60_000);
});

describe('compareWithMarks', () => {
  it('reaches a mark within its tolerance only, and says so where a figure is missing', () => {
    expect(
      compareWithMarks({ schema: 'spikebridge.evaluation/1', pairs: [] }).every(
        (m) => !m.reached && m.found === null,
      ),
    ).toBe(true);
  });
});
