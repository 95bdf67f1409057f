// What would take the page away by accident: a file dropped beside its place, and leaving with what is kept nowhere.
import { cells } from './state/cells.ts';
import { growing } from './state/generating.ts';
import { job } from './state/judging.ts';

/** Cells live in the page alone; judging and generating begin anew. A training goes on from its checkpoint. */
const losesSomething = (): boolean =>
  (cells.get()?.rows.length ?? 0) > 0 || job.get() !== null || growing.get() !== null;

export function guardPage(): void {
  // A browser shows a file that no place takes, instead of the page.
  for (const kind of ['dragover', 'drop'] as const)
    window.addEventListener(kind, (event) => event.preventDefault());
  window.addEventListener('beforeunload', (event) => {
    if (losesSomething()) event.preventDefault();
  });
}
