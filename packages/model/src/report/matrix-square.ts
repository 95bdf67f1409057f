// A square of figures as a Vega specification: sources down, targets across, the figure written into each field, so that colour is
// never the only way to read it.
import type { Spec } from 'vega';
import { axisText, BASE } from './drawing.ts';

export interface HeatField {
  readonly source: string;
  readonly target: string;
  readonly value: number;
}

const FIELD = 56;

/**
 * `names` are rows and columns in order. Colours diverge from `middle` and are full at `middle` +/- `reach`; what lies beyond keeps its
 * figure and takes the last colour.
 */
export function squareSpec(
  fields: readonly HeatField[],
  names: readonly string[],
  { middle, reach, digits }: { readonly middle: number; readonly reach: number; readonly digits: number },
): Spec {
  const low = middle - reach;
  const high = middle + reach;
  const values = fields.map((field) => ({
    ...field,
    shown: Math.min(high, Math.max(low, field.value)),
    text: field.value.toFixed(digits),
    // The ends of the scheme are dark, its middle is light.
    pale: Math.abs(field.value - middle) > 0.6 * reach,
  }));
  const place = { x: { scale: 'x', field: 'target' }, y: { scale: 'y', field: 'source' } };
  return {
    ...BASE,
    width: names.length * FIELD,
    height: names.length * FIELD * 0.6,
    data: [{ name: 'fields', values }],
    scales: [
      { name: 'x', type: 'band', domain: [...names], range: 'width', padding: 0.04 },
      { name: 'y', type: 'band', domain: [...names], range: 'height', padding: 0.04 },
      {
        name: 'colour',
        type: 'linear',
        domain: [low, middle, high],
        range: ['#8a3b12', '#f5f0e6', '#0b5b80'],
        clamp: true,
      },
    ],
    axes: [
      {
        ...axisText,
        scale: 'x',
        orient: 'top',
        title: 'target',
        domain: false,
        ticks: false,
        labelAngle: -35,
        labelAlign: 'left',
      },
      { ...axisText, scale: 'y', orient: 'left', title: 'source', domain: false, ticks: false },
    ],
    marks: [
      {
        type: 'rect',
        from: { data: 'fields' },
        encode: {
          enter: {
            ...place,
            width: { scale: 'x', band: 1 },
            height: { scale: 'y', band: 1 },
            fill: { scale: 'colour', field: 'shown' },
          },
        },
      },
      {
        type: 'text',
        from: { data: 'fields' },
        encode: {
          enter: {
            x: { scale: 'x', field: 'target', band: 0.5 },
            y: { scale: 'y', field: 'source', band: 0.5 },
            text: { field: 'text' },
            align: { value: 'center' },
            baseline: { value: 'middle' },
            fill: [{ test: 'datum.pale', value: '#ffffff' }, { value: '#1f2933' }],
          },
        },
      },
    ],
  };
}
