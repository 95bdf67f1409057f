// The page around the worker: it hands every line on to whoever opened the page.
import type { Line } from './rows.ts';

declare global {
  interface Window {
    /** Put there by the process that drives the browser. */
    reportLine: (line: Line) => Promise<void>;
    reportFault: (message: string) => Promise<void>;
  }
}

const worker = new Worker(new URL('./worker.ts', import.meta.url), {
  type: 'module',
  name: location.search,
});
worker.addEventListener('message', ({ data }: MessageEvent<Line>) => void window.reportLine(data));
worker.addEventListener('error', ({ message }) => void window.reportFault(`worker: ${message}`));
