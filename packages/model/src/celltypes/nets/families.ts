// What a token of the family net is made of: columns of a table that belong together.
import { SpikebridgeError } from '../../errors.ts';

export interface FeatureFamily {
  readonly name: string;
  /** Columns of the matrix, in the order in which the net sees them. */
  readonly columns: readonly number[];
}

/** What scalars of a flat table belong to, by their names: the first that fits. */
const SCALAR_GROUPS: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['chirp', /_chirp$/],
  ['short square', /_short(_square)?$/],
  ['ramp', /_ramp$/],
  ['rheobase', /_(rheo|long_square)$|^(rheobase|rheobase_i)$/],
  ['subthreshold', /^(sag|tau|ri$|input_resistance|v_?rest|v_baseline|vm_for_sag)/],
  ['spike train', /_hero$|^(adaptation|latency|avg_isi|mean_isi|f_i_curve_slope|fi_(fit_)?slope)$/],
  ['change over spikes', /_(mean|max|adapt_ratio|ratio_5spike|adapt)$/],
];

/**
 * Scalars of a flat table as families: those of one stimulus, or of one property, are a token together; what no group's name fits is one
 * more family, `other`. Groups without a column are left out.
 * @throws E_NET_FAMILIES without a feature
 */
export function scalarFamilies(features: readonly string[]): FeatureFamily[] {
  if (features.length === 0)
    throw new SpikebridgeError('E_NET_FAMILIES', 'a table without features makes no families', {
      exitCode: 2,
    });
  const groupOf = (feature: string): string =>
    SCALAR_GROUPS.find(([, pattern]) => pattern.test(feature))?.[0] ?? 'other';
  const names = [...SCALAR_GROUPS.map(([name]) => name), 'other'];
  return names
    .map((name) => ({ name, columns: [...features.keys()].filter((c) => groupOf(features[c]) === name) }))
    .filter(({ columns }) => columns.length > 0);
}
