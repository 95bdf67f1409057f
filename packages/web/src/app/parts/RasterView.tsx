// A raster of any length: drawn from the sorted trains for what is looked at, at most one pixel a bin. Pans and zooms by mouse, touch,
// wheel and keyboard.
import type { Recording } from '@spikebridge/model';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import type { KeyboardEvent, PointerEvent } from 'react';
import { RasterPainter } from '../../raster/painter.ts';
import { clampView, panned, ticksOfAxis, zoomed } from '../../raster/view-range.ts';
import type { ViewRange } from '../../raster/view-range.ts';
import { formatSeconds } from '../words.ts';

interface Props {
  readonly recording: Pick<Recording, 'times' | 'offsets' | 'clock' | 'observed' | 'name'>;
  /** Rows from the top: indices of units. */
  readonly rows: ArrayLike<number>;
  readonly label: string;
  /** Seconds that are looked at first. */
  readonly start?: ViewRange;
  readonly height?: number;
  readonly onView?: (view: ViewRange) => void;
}

const STEP = 0.2;
const ZOOM = 1.6;

export function RasterView({ recording, rows, label, start, height = 320, onView }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const perSecond = recording.clock.numerator / recording.clock.denominator;
  const whole = useMemo<ViewRange>(
    () => ({
      from: (recording.observed[0]?.start ?? 0) / perSecond,
      to: (recording.observed.at(-1)?.stop ?? 1) / perSecond,
    }),
    [recording, perSecond],
  );
  const [view, setView] = useState<ViewRange>(() => clampView(start ?? whole, whole));
  // A recording that grows is followed for as long as all of it is looked at.
  const grown = useRef(whole);
  useLayoutEffect(() => {
    const all = clampView(grown.current, grown.current);
    grown.current = whole;
    setView((now) => (now.from === all.from && now.to === all.to ? clampView(whole, whole) : now));
  }, [whole]);
  const painter = useMemo(() => new RasterPainter(recording, rows, perSecond), [recording, rows, perSecond]);

  useEffect(() => {
    const target = canvas.current;
    if (target === null) return undefined;
    // One drawing a frame, however many events ask for it.
    let frame = requestAnimationFrame(() => painter.paint(target, view));
    const again = (): void => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() => painter.paint(target, view));
    };
    const sizes = new ResizeObserver(again);
    sizes.observe(target);
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', again);
    return () => {
      cancelAnimationFrame(frame);
      sizes.disconnect();
      scheme.removeEventListener('change', again);
    };
  }, [painter, view]);

  const change = (next: ViewRange): void => {
    const inside = clampView(next, whole);
    setView(inside);
    onView?.(inside);
  };
  const latest = useRef({ view, change });
  latest.current = { view, change };

  // React listens to wheels passively; this one keeps the page from scrolling.
  useEffect(() => {
    const target = canvas.current;
    const turn = (event: WheelEvent): void => {
      event.preventDefault();
      const { view: now, change: to } = latest.current;
      const at = event.offsetX / Math.max(1, target?.clientWidth ?? 1);
      const sideways = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
      to(
        sideways
          ? panned(now, (event.deltaX + (event.shiftKey ? event.deltaY : 0)) / 500)
          : zoomed(now, Math.exp(-event.deltaY / 400), at),
      );
    };
    target?.addEventListener('wheel', turn, { passive: false });
    return () => target?.removeEventListener('wheel', turn);
  }, []);

  const fingers = useRef(new Map<number, number>());
  const move = (event: PointerEvent<HTMLCanvasElement>): void => {
    const held = fingers.current;
    const before = held.get(event.pointerId);
    if (before === undefined) return;
    const width = Math.max(1, event.currentTarget.clientWidth);
    const x = event.nativeEvent.offsetX;
    const { view: now } = latest.current;
    const other = [...held].find(([id]) => id !== event.pointerId)?.[1];
    held.set(event.pointerId, x);
    if (other === undefined) change(panned(now, (before - x) / width));
    else {
      // Two fingers: what lay under each stays under it.
      const factor = Math.abs(x - other) / Math.max(8, Math.abs(before - other));
      change(zoomed(now, Math.min(4, Math.max(0.25, factor)), other / width));
    }
  };
  const press = (event: KeyboardEvent): void => {
    const next = {
      ArrowLeft: () => panned(view, -STEP),
      ArrowRight: () => panned(view, STEP),
      PageUp: () => panned(view, -1),
      PageDown: () => panned(view, 1),
      ArrowUp: () => zoomed(view, ZOOM, 0.5),
      ArrowDown: () => zoomed(view, 1 / ZOOM, 0.5),
      '+': () => zoomed(view, ZOOM, 0.5),
      '=': () => zoomed(view, ZOOM, 0.5),
      '-': () => zoomed(view, 1 / ZOOM, 0.5),
      Home: () => ({ from: whole.from, to: whole.from + view.to - view.from }),
      End: () => ({ from: whole.to - view.to + view.from, to: whole.to }),
      '0': () => whole,
    }[event.key];
    if (next === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    change(next());
  };
  const shown = `${formatSeconds(view.from)} to ${formatSeconds(view.to)} of ${formatSeconds(whole.to)}, ${rows.length} units`;
  return (
    <figure className="raster">
      <div className="raster-tools" role="toolbar" aria-label={`${label}: view`}>
        <button type="button" onClick={() => change(panned(view, -STEP * 2))} aria-label="Earlier">
          ←
        </button>
        <button type="button" onClick={() => change(panned(view, STEP * 2))} aria-label="Later">
          →
        </button>
        <button type="button" onClick={() => change(zoomed(view, ZOOM, 0.5))} aria-label="Closer">
          +
        </button>
        <button type="button" onClick={() => change(zoomed(view, 1 / ZOOM, 0.5))} aria-label="Wider">
          −
        </button>
        <button type="button" onClick={() => change(whole)}>
          All
        </button>
        <span className="quiet" role="status">
          {shown}
        </span>
      </div>
      <div
        className="raster-frame"
        style={{ height }}
        role="application"
        aria-roledescription="raster"
        aria-label={`${label}. Arrow keys pan and zoom, 0 shows all.`}
        tabIndex={0}
        onKeyDown={press}
      >
        <canvas
          ref={canvas}
          onPointerDown={(event) => {
            event.currentTarget.setPointerCapture(event.pointerId);
            fingers.current.set(event.pointerId, event.nativeEvent.offsetX);
          }}
          onPointerMove={move}
          onPointerUp={(event) => fingers.current.delete(event.pointerId)}
          onPointerCancel={(event) => fingers.current.delete(event.pointerId)}
          onDoubleClick={(event) =>
            change(zoomed(view, 3, event.nativeEvent.offsetX / Math.max(1, event.currentTarget.clientWidth)))
          }
        />
      </div>
      <div className="raster-axis" aria-hidden="true">
        {ticksOfAxis(view).map((second) => (
          <span key={second} {...placed((second - view.from) / (view.to - view.from))}>
            {formatSeconds(second)}
          </span>
        ))}
      </div>
      <figcaption className="quiet">
        Each row is a unit, the busiest on top; drag, wheel or pinch to move.
      </figcaption>
    </figure>
  );
}

/** A label about its tick, or beside it where it would stick out. */
function placed(share: number): { readonly style: { readonly left: string }; readonly className: string } {
  return {
    style: { left: `${100 * share}%` },
    className: share < 0.03 ? 'first' : share > 0.97 ? 'last' : '',
  };
}
