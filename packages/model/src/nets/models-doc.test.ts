// Plan: docs/models.md is held to the code: counted figures of each preset, and the choices its table states.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PRESETS } from '../config/presets.ts';
import { placeActivations } from '../engine/placement.ts';
import { planCosts } from '../engine/costs.ts';
import { historyFeatureCount } from './own-history.ts';
import { parameterCount } from './parameters.ts';
import { NET_PRESETS } from './presets.ts';
import { createSpikeNet } from './spike-transformer.ts';
import { PRESET_NAMES } from './narrow-nets.ts';

const text = readFileSync(new URL('../../../../docs/models.md', import.meta.url), 'utf8');

/** Cells of the table row that starts with `label`, one a preset. */
function row(label: string): string[] {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`| ${label} `));
  return (line ?? '')
    .split('|')
    .slice(2, 5)
    .map((cell) => cell.trim());
}

const figure = (value: number): string =>
  value.toLocaleString('en-US', { maximumFractionDigits: value < 10 ? 1 : 0 });

describe.each(PRESET_NAMES.map((preset, column) => ({ preset, column })))(
  'docs/models.md on $preset',
  ({ preset, column }) => {
    const net = NET_PRESETS[preset];
    const { batch, context, steps, epochs } = PRESETS[preset].training;
    const spikeNet = createSpikeNet(net, { units: 128, context, binMilliseconds: 1 }, PRESETS[preset].loss);
    const { plan } = spikeNet.plan('train', { batch, bins: context });

    it('states its architecture', () => {
      expect(row('layers, width, heads')[column]).toBe([net.layers, net.width, net.heads].join(', '));
      expect(row('feed-forward')[column]).toBe(`${net.feedForward}, ${net.activation}`);
      expect(row('norm')[column]).toBe(net.norm);
      expect(row('positions')[column]).toBe(net.positions);
      expect(row('dropout, of attention')[column]).toBe(`${net.dropout}, ${net.attentionDropout}`);
      const features = spikeNet.history ? `${historyFeatureCount(spikeNet.history)} features a unit` : 'none';
      expect(row('own history')[column]).toBe(features);
      expect(row('context (bins), batch')[column]).toBe(`${figure(context)}, ${batch}`);
      expect(row('length')[column]).toBe(
        steps === null ? `${String(epochs)} epochs` : `${figure(steps)} steps`,
      );
    });

    it('counts its parameters, arithmetic and memory', () => {
      const { forward, backward } = planCosts(plan);
      expect(row('parameters (128 units)')[column]).toBe(figure(parameterCount(spikeNet.config)));
      expect(row('arithmetic a step (GFLOP)')[column]).toBe(figure((forward.flops + backward.flops) / 1e9));
      expect(row('activations, arena (MiB)')[column]).toBe(figure(placeActivations(plan).bytes / 2 ** 20));
    });
  },
);
