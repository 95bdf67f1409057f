// The golden file of the oracle packages/model/test/oracles/spike_transformer.py (PyTorch, float64), and the nets it was
// made with.
import { readFileSync } from 'node:fs';
import type { CompiledPlan } from '../../engine/backend.ts';
import type { OptimiserStep } from '../../engine/ops.ts';
import { DICE, FOCAL } from '../../losses/losses.ts';
import { NET_PRESETS } from '../presets.ts';
import { createSpikeNet } from '../spike-transformer.ts';
import type { HistoryConfig, NetPlan, SpikeNet } from '../types.ts';

export interface GoldenNet {
  readonly net: 'post' | 'pre';
  readonly units: number;
  readonly batch: number;
  readonly bins: number;
  readonly history: HistoryConfig | null;
  readonly words: readonly number[];
  readonly targets: readonly number[];
  readonly unitMask: number;
  readonly rowMask: readonly number[];
  readonly recent: readonly number[] | null;
  readonly state: readonly number[] | null;
  readonly loss: number;
  readonly weights: Readonly<Record<string, readonly number[]>>;
  readonly gradients: Readonly<Record<string, readonly number[]>>;
  readonly optimiser: Omit<OptimiserStep, 'step'>;
  readonly losses: readonly number[];
  readonly norms: readonly number[];
  readonly final: Readonly<Record<string, readonly number[]>>;
}

const file = new URL('../../../test/golden/spike-transformer.json', import.meta.url);
export const GOLDEN_NETS = (JSON.parse(readFileSync(file, 'utf8')) as { readonly nets: readonly GoldenNet[] })
  .nets;

/** The same net here. */
export function goldenSpikeNet(golden: GoldenNet): SpikeNet {
  const { units, bins } = golden;
  const data = { units, context: bins, binMilliseconds: 1 };
  const plain = { dropout: 0, attentionDropout: 0, heads: 2 } as const;
  if (golden.net === 'post') {
    return createSpikeNet({ ...NET_PRESETS.paper, ...plain, width: units, feedForward: 12 }, data, DICE);
  }
  return createSpikeNet(
    {
      ...NET_PRESETS.base,
      ...plain,
      layers: 2,
      width: 12,
      feedForward: 10,
      window: 4,
      history: golden.history,
    },
    data,
    { ...FOCAL, bceShare: 0.25 },
  );
}

/** Gives a compiled train plan the oracle's inputs. */
export function fillGolden(golden: GoldenNet, netPlan: NetPlan, compiled: CompiledPlan): void {
  const give = (tensor: NetPlan['recent'], values: readonly number[] | null): void => {
    if (tensor && values) compiled.input(tensor).set(values);
  };
  give(netPlan.words, golden.words);
  give(netPlan.targets, golden.targets);
  give(netPlan.unitMask, [golden.unitMask]);
  give(netPlan.rowMask, golden.rowMask);
  give(netPlan.recent, golden.recent);
  give(netPlan.state, golden.state);
}
