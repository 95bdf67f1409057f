// Loss and bits per spike while training goes on, with levels to beat as dashed lines.
import { useEffect, useRef } from 'react';
import UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { LossPoint } from '../state/runs.ts';

interface Props {
  readonly points: readonly LossPoint[];
  readonly what: 'loss' | 'bits';
  readonly title: string;
  /** Levels to beat, by name. */
  readonly floors?: Readonly<Record<string, number | null>>;
}

const HEIGHT = 200;
/** Strokes and gaps, told in words below the plot. */
const DASHES = [
  { dash: [2, 3], says: 'dotted' },
  { dash: [8, 3], says: 'dashed' },
  { dash: [8, 3, 2, 3], says: 'dash-dotted' },
] as const;

export function LossPlot({ points, what, title, floors = {} }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot>(undefined);
  const shown = points.filter((point) => Number.isFinite(point[what] ?? NaN));
  const levels = Object.entries(floors).flatMap(([name, value], index) =>
    value === null ? [] : [{ name, value, ...DASHES[index % DASHES.length] }],
  );
  const data: UPlot.AlignedData = [
    shown.map(({ step }) => step),
    shown.map((point) => point[what] ?? NaN),
    ...levels.map(({ value }) => shown.map(() => value)),
  ];
  const latest = useRef({ data, levels });
  latest.current = { data, levels };
  useEffect(() => {
    const target = place.current;
    if (target === null) return undefined;
    const make = (): void => {
      plot.current?.destroy();
      const style = getComputedStyle(target);
      const axis = {
        stroke: style.getPropertyValue('--ink'),
        grid: { stroke: style.getPropertyValue('--grid'), width: 1 },
      };
      const line = { stroke: style.getPropertyValue('--blue'), width: 2 };
      plot.current = new UPlot(
        {
          ...{ width: target.clientWidth, height: HEIGHT, legend: { show: false } },
          cursor: { drag: { x: false, y: false } },
          scales: { x: { time: false } },
          axes: [{ ...axis, label: 'step' }, axis],
          series: [
            {},
            { ...line, ...(what === 'bits' ? { points: { show: true, size: 6 } } : {}) },
            ...latest.current.levels.map(({ dash }) => ({
              ...{ stroke: style.getPropertyValue('--quiet'), width: 1.5, dash: [...dash] },
              points: { show: false },
            })),
          ],
        },
        latest.current.data,
        target,
      );
    };
    make();
    const sizes = new ResizeObserver(() =>
      plot.current?.setSize({ width: target.clientWidth, height: HEIGHT }),
    );
    sizes.observe(target);
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', make);
    return () => {
      sizes.disconnect();
      scheme.removeEventListener('change', make);
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [what, levels.length]);
  useEffect(() => plot.current?.setData(data));
  const last = shown.at(-1);
  const value = last?.[what];
  return (
    <figure className="chart">
      <figcaption>{title}</figcaption>
      <div
        ref={place}
        role="img"
        aria-label={
          last === undefined
            ? `${title}: nothing yet`
            : `${title}: ${value?.toPrecision(4) ?? ''} at step ${last.step}, from ${shown[0][what]?.toPrecision(4) ?? ''} at step ${shown[0].step}`
        }
      />
      {levels.length === 0 ? null : (
        <p className="quiet">
          To beat:{' '}
          {levels.map(({ name, value: level, says }) => `${name} ${level.toFixed(3)} (${says})`).join(', ')}
        </p>
      )}
    </figure>
  );
}
