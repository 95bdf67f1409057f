// Loss and bits per spike while training goes on.
import { useEffect, useRef } from 'react';
import UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { LossPoint } from '../state/runs.ts';

interface Props {
  readonly points: readonly LossPoint[];
  readonly what: 'loss' | 'bits';
  readonly title: string;
}

const HEIGHT = 200;

export function LossPlot({ points, what, title }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot>(undefined);
  const shown = points.filter((point) => Number.isFinite(point[what] ?? NaN));
  const data: UPlot.AlignedData = [shown.map(({ step }) => step), shown.map((point) => point[what] ?? NaN)];
  const latest = useRef(data);
  latest.current = data;
  useEffect(() => {
    const target = place.current;
    if (target === null) return undefined;
    const make = (): void => {
      plot.current?.destroy();
      const style = getComputedStyle(target);
      const ink = style.getPropertyValue('--ink');
      const axis = { stroke: ink, grid: { stroke: style.getPropertyValue('--grid'), width: 1 } };
      const line = { stroke: style.getPropertyValue('--blue'), width: 1.5 };
      plot.current = new UPlot(
        {
          ...{ width: target.clientWidth, height: HEIGHT, legend: { show: false } },
          cursor: { drag: { x: false, y: false } },
          scales: { x: { time: false } },
          axes: [{ ...axis, label: 'step' }, axis],
          series: [{}, { ...line, ...(what === 'bits' ? { points: { show: true, size: 6 } } : {}) }],
        },
        latest.current,
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
  }, [what]);
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
    </figure>
  );
}
