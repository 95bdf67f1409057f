// What a feature is by its name: its unit, and the values that a neuron can have. A value beyond is told, never changed.
import type { Matrix } from './types.ts';

/** Bounds within which a value of that kind is believed. */
export interface Quantity {
  readonly unit: string;
  readonly low: number;
  readonly high: number;
}

const POTENTIAL: Quantity = { unit: 'mV', low: -120, high: 90 };
const SECONDS: Quantity = { unit: 's', low: 0, high: 60 };
const RATIO: Quantity = { unit: 'ratio', low: 0, high: 20 };
const FREQUENCY: Quantity = { unit: 'Hz', low: 0, high: 1000 };
/** Sag can fall below zero by noise alone. */
const SAG: Quantity = { unit: 'ratio', low: -0.2, high: 1 };
const INDEX: Quantity = { unit: 'index', low: -1, high: 1 };
/** Slightly below zero where depolarisation blocks the last sweeps. */
const SLOPE: Quantity = { unit: 'Hz/pA', low: -0.05, high: 10 };

/** The first pattern that a name matches says what it is. */
type Names = readonly (readonly [RegExp, Quantity])[];

/** Columns of the mouse table: ri in megaohm, tau and avg_isi in ms, times in s from the start of the sweep. */
export const MOUSE_QUANTITIES: Names = [
  [/_sweep_num$/, { unit: '', low: 0, high: Infinity }],
  [/^ri$/, { unit: 'MOhm', low: 0, high: 2000 }],
  [/^sag$/, SAG],
  [/^tau$/, { unit: 'ms', low: 0, high: 200 }],
  [/^avg_isi$/, { unit: 'ms', low: 1, high: 1000 }],
  [/^f_i_curve_slope$/, SLOPE],
  [/^adaptation$/, INDEX],
  [/^upstroke_downstroke_ratio/, RATIO],
  [/^(vrest|vm_for_sag)$|_v_/, POTENTIAL],
  [/^threshold_i_/, { unit: 'pA', low: 0, high: 2000 }],
  [/^latency$|_t_/, SECONDS],
];

/** Columns of the human table: times and tau in s, widths in s, impedance in gigaohm, differences of potential from threshold. */
export const HUMAN_QUANTITIES: Names = [
  [/^input_resistance$/, { unit: 'MOhm', low: 0, high: 2000 }],
  [/^(sag|sag_depol)$/, SAG],
  [/^(tau|sag_tau)$/, { unit: 's', low: 0, high: 1 }],
  [/^fi_fit_slope$/, SLOPE],
  [/^(threshold_i_ramp|rheobase_i)$/, { unit: 'pA', low: 0, high: 2000 }],
  [/^width_(?!adapt)/, { unit: 's', low: 0, high: 0.01 }],
  [/^upstroke_(ramp|short|rheo|hero)/, { unit: 'mV/ms', low: 0, high: 1000 }],
  [/^downstroke_(ramp|short|rheo|hero)/, { unit: 'mV/ms', low: -1000, high: 0 }],
  [/^postap_slope_/, { unit: 'mV/ms', low: -20, high: 20 }],
  [/deltav_/, { unit: 'mV', low: -120, high: 150 }],
  [/^adapt_(hero|mean|max)$/, INDEX],
  [/ratio/, RATIO],
  [/^(v_baseline|vm_for_sag)$|_v_/, POTENTIAL],
  [/^(latency|mean_isi|median_isi)_|^sag_peak_t/, SECONDS],
  [/^avg_rate_|^first_isi_inv_|_freq_chirp$/, FREQUENCY],
  [/_impedance_chirp$/, { unit: 'GOhm', low: 0, high: 2 }],
  [/phase/, { unit: 'rad', low: -Math.PI, high: Math.PI }],
];

/** What is believed of a feature of which no more than its unit is known. */
export const QUANTITIES_BY_UNIT: Readonly<Record<string, Quantity | undefined>> = {
  mV: { unit: 'mV', low: -150, high: 150 },
  MOhm: { unit: 'MOhm', low: 0, high: 2000 },
  GOhm: { unit: 'GOhm', low: 0, high: 2 },
  ms: { unit: 'ms', low: 0, high: 60_000 },
  s: SECONDS,
  pA: { unit: 'pA', low: -2000, high: 2000 },
  Hz: FREQUENCY,
  ratio: RATIO,
  'mV/ms': { unit: 'mV/ms', low: -1000, high: 1000 },
};

/** What each feature is by its name; undefined where the names do not say. */
export function quantitiesOf(names: Names, features: readonly string[]): (Quantity | undefined)[] {
  return features.map((feature) => names.find(([pattern]) => pattern.test(feature))?.[1]);
}

/** A sentence for each feature that has values no neuron has. They stay as they are. */
export function outOfRange(
  quantities: readonly (Quantity | undefined)[],
  features: readonly string[],
  values: Matrix,
  cells: readonly string[],
): string[] {
  return features.flatMap((feature, f) => {
    const quantity = quantities[f];
    if (quantity === undefined) return [];
    const beyond = cells.flatMap((cell, c) => {
      const value = values.values[c * values.columns + f];
      return value < quantity.low || value > quantity.high
        ? [`${cell}: ${Number(value.toPrecision(4))}`]
        : [];
    });
    if (beyond.length === 0) return [];
    const { unit, low, high } = quantity;
    const named = beyond.length > 4 ? [...beyond.slice(0, 3), `and ${beyond.length - 3} more`] : beyond;
    const range = high === Infinity ? `at least ${low}` : `${low} to ${Number(high.toPrecision(3))}`;
    return [
      `${feature} lies outside ${range}${unit === '' ? '' : ` ${unit}`} in ${beyond.length === 1 ? 'one cell' : `${beyond.length} cells`} and is left as it is (${named.join(', ')}).`,
    ];
  });
}

/** What is missing, in a sentence or two; the gaps stay. */
export function gapsIn(features: readonly string[], values: Matrix): string[] {
  const byFeature = features.map((feature, f) => {
    let gaps = 0;
    for (let r = 0; r < values.rows; r++) if (Number.isNaN(values.values[r * values.columns + f])) gaps++;
    return { feature, gaps };
  });
  const all = byFeature.reduce((sum, { gaps }) => sum + gaps, 0);
  if (all === 0) return [];
  const rowHasGap = (r: number): boolean =>
    values.values.subarray(r * values.columns, (r + 1) * values.columns).some(Number.isNaN);
  const cells = Array.from({ length: values.rows }, (_, r) => r).filter(rowHasGap).length;
  const notes = [
    `${all} of ${values.values.length} values are missing, in ${cells} of ${values.rows} cells; the gaps are kept.`,
  ];
  const half = byFeature.filter(({ gaps }) => gaps > values.rows / 2);
  if (half.length > 0)
    notes.push(
      `Missing in more than half of the cells: ${half.map(({ feature, gaps }) => `${feature} (${gaps})`).join(', ')}.`,
    );
  return notes;
}
