// Plan: whatever changes a net's predictions changes its description; numbers of the history path are those the kernels hold;
// the text is JSON with extra keys after the net's; every key is explained in docs/interop.md.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { BCE } from '../losses/losses.ts';
import { NET_PRESETS } from '../nets/presets.ts';
import type { SpikeTransformerConfig } from '../nets/types.ts';
import { describeNet, descriptionText } from './net-description.ts';

const small: SpikeTransformerConfig = {
  ...NET_PRESETS.small,
  ...{ units: 128, context: 512, binMilliseconds: 1, causal: true },
};
const plain = descriptionText(describeNet(small, BCE));

describe('the description of a net', () => {
  const changes: Partial<SpikeTransformerConfig>[] = [
    ...[{ layers: 2 }, { width: 64 }, { heads: 8 }, { feedForward: 100 }, { activation: 'gelu' as const }],
    ...[{ norm: 'post' as const }, { positions: 'learned' as const }, { positions: 'none' as const }],
    ...[{ embedding: 'identity' as const }, { dropout: 0.2 }, { attentionDropout: 0.2 }, { window: 3 }],
    ...[{ history: null }, { units: 127 }, { context: 100 }, { binMilliseconds: 2 }, { causal: false }],
  ];
  const { history } = NET_PRESETS.small;
  if (history !== null)
    changes.push(
      { history: { ...history, lags: 4 } },
      { history: { ...history, taus: history.taus.with(2, 9) } },
      { history: { ...history, logScale: history.logScale.with(2, 2) } },
      { history: { ...history, ageEdges: history.ageEdges.slice(1) } },
    );

  it.each(changes.map((change) => [JSON.stringify(change).slice(0, 60), change] as const))(
    'tells %s',
    (_, change) => {
      expect(descriptionText(describeNet({ ...small, ...change }, BCE))).not.toBe(plain);
    },
  );

  it('tells how logits become probabilities', () => {
    expect(descriptionText(describeNet(small, { doubleSigmoid: true }))).not.toBe(plain);
  });

  it('gives decays and scales as the float32 numbers that the kernels hold', () => {
    const described = describeNet(small, BCE).own_history;
    expect(described?.decays.at(-1)).toBe(Math.fround(Math.exp(-1 / 60000)));
    expect(described?.decays.at(-1)).not.toBe(Math.exp(-1 / 60000));
    expect(described?.scales[0]).toBe(Math.fround(Math.sqrt(1 - Math.exp(-1 / 2) ** 2)));
    expect(described?.scales.at(-1)).toBe(0.25);
  });

  it('takes keys of whoever writes it', () => {
    const text = descriptionText(describeNet(small, BCE), { step: 7 });
    expect(JSON.parse(text)).toEqual({ ...JSON.parse(plain), step: 7 });
    expect(text.endsWith('\n')).toBe(true);
  });

  it('has no key that docs/interop.md does not explain', () => {
    const doc = readFileSync(new URL('../../../../docs/interop.md', import.meta.url), 'utf8');
    const description = describeNet(small, BCE);
    const general = new Set(['schema', 'model_type', 'architectures', 'torch_dtype']);
    for (const key of Object.keys({ ...description, ...description.own_history }))
      if (!general.has(key)) expect(new RegExp(`\`${key}\\b`).test(doc), key).toBe(true);
  });
});
