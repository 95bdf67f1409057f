// What a call rests on, family by family, as bars: for models that have no attention over families of their own.
import type { FamilyWeight } from '../../celltypes/models/index.ts';
import { barSpec } from '../charts.ts';
import type { Chart } from '../drawing.ts';

export function familyWeightChart(cell: string, likeliest: string, weights: readonly FamilyWeight[]): Chart {
  const said = ({ family, features, present }: FamilyWeight): string =>
    `${family} ${String(present)}/${String(features)}`;
  return {
    key: 'family-weights',
    title: `${cell}: how far the log-odds of ${likeliest} fall where a family of features is taken away (features there / in the model)`,
    words: `Bar chart of weights by family: ${weights.map((one) => `${said(one)} ${one.weight.toFixed(2)}`).join(', ')}`,
    spec: barSpec(
      weights.map((one) => ({
        ...{ name: said(one), value: one.weight, low: null, high: null },
        marked: one.weight > 0,
      })),
      'log-odds',
    ),
  };
}
