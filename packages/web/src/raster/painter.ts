// Draws a raster into a canvas: counts per pixel column, painted one pixel a row, stretched to the height of the canvas.
import type { Recording } from '@spikebridge/model';
import { countColumns } from './columns.ts';
import { paintCounts, solidCount } from './paint.ts';
import type { Ink } from './paint.ts';
import type { ViewRange } from './view-range.ts';

/** No closer than a bin of 1 ms a column. */
const SHORTEST_COLUMN_SECONDS = 0.001;

export class RasterPainter {
  readonly #recording: Pick<Recording, 'times' | 'offsets' | 'observed'>;
  readonly #rows: ArrayLike<number>;
  readonly #perSecond: number;
  #counts = new Uint32Array(0);
  /** One pixel a column and row; kept from frame to frame. */
  #image = new ImageData(1, 1);
  #small = new OffscreenCanvas(1, 1);

  constructor(
    recording: Pick<Recording, 'times' | 'offsets' | 'observed'>,
    rows: ArrayLike<number>,
    perSecond: number,
  ) {
    this.#recording = recording;
    this.#rows = rows;
    this.#perSecond = perSecond;
  }

  paint(canvas: HTMLCanvasElement, { from, to }: ViewRange): void {
    const ratio = window.devicePixelRatio;
    const width = Math.max(1, Math.round(canvas.clientWidth * ratio));
    const height = Math.max(1, Math.round(canvas.clientHeight * ratio));
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    const context = canvas.getContext('2d');
    if (context === null) return;
    const columns = Math.max(1, Math.min(width, Math.round((to - from) / SHORTEST_COLUMN_SECONDS)));
    const rows = this.#rows.length;
    const cells = rows * columns;
    context.clearRect(0, 0, width, height);
    this.#shadeGaps(context, { from, to }, width, height, canvas);
    if (cells === 0) return;
    if (this.#counts.length < cells) this.#counts = new Uint32Array(cells);
    const window_ = { from: from * this.#perSecond, to: to * this.#perSecond, columns };
    countColumns(this.#recording, this.#rows, window_, this.#counts);
    if (this.#image.width !== columns || this.#image.height !== rows) {
      this.#image = new ImageData(columns, rows);
      this.#small = new OffscreenCanvas(columns, rows);
    }
    const pixels = new Uint32Array(this.#image.data.buffer);
    paintCounts(this.#counts, cells, solidCount(this.#counts, cells), inkOf(canvas), pixels);
    this.#small.getContext('2d')?.putImageData(this.#image, 0, 0);
    context.imageSmoothingEnabled = false;
    context.drawImage(this.#small, 0, 0, columns, rows, 0, 0, width, height);
  }

  /** Time that nobody recorded is no silence. */
  #shadeGaps(
    context: CanvasRenderingContext2D,
    { from, to }: ViewRange,
    width: number,
    height: number,
    canvas: HTMLCanvasElement,
  ): void {
    const { observed } = this.#recording;
    context.fillStyle = getComputedStyle(canvas).getPropertyValue('--gap');
    for (let index = 1; index < observed.length; index++) {
      const start = ((observed[index - 1].stop / this.#perSecond - from) / (to - from)) * width;
      const stop = ((observed[index].start / this.#perSecond - from) / (to - from)) * width;
      if (stop > 0 && start < width) context.fillRect(start, 0, stop - start, height);
    }
  }
}

/** The colour of text around the canvas. */
function inkOf(canvas: HTMLCanvasElement): Ink {
  const [red, green, blue] = (
    /\d+(?:, ?| )\d+(?:, ?| )\d+/.exec(getComputedStyle(canvas).color)?.[0] ?? '0 0 0'
  )
    .split(/[, ]+/)
    .map(Number);
  return { red, green, blue };
}
