// The shell: where one is, what went wrong, and the view.
import { lazy, Suspense, useEffect, useRef } from 'react';
import type { ComponentType } from 'react';
import { Faults } from './parts/Faults.tsx';
import { RunBar } from './parts/RunBar.tsx';
import { ViewFault } from './parts/ViewFault.tsx';
import { hrefOf, useRoute } from './route.ts';
import type { ViewName } from './route.ts';
import { watched } from './state/faults.ts';
import { start } from './state/recordings.ts';
import { takeUpRun } from './state/runs.ts';
import { OpenView } from './views/OpenView.tsx';

const VIEWS: Readonly<Record<ViewName, ComponentType>> = {
  open: OpenView,
  recording: lazy(() => import('./views/RecordingView.tsx')),
  train: lazy(() => import('./views/TrainView.tsx')),
  judge: lazy(() => import('./views/JudgeView.tsx')),
  generate: lazy(() => import('./views/GenerateView.tsx')),
  cells: lazy(() => import('./views/CellsView.tsx')),
};

const TITLES: Readonly<Record<ViewName, string>> = {
  open: 'Recordings',
  recording: 'Recording',
  train: 'Train',
  judge: 'Judge',
  generate: 'Generate',
  cells: 'Cell types',
};

/** `recording` is reached from the list. */
const MENU = ['open', 'train', 'judge', 'generate', 'cells'] as const;

export function App() {
  const { view } = useRoute();
  const View = VIEWS[view];
  useEffect(() => {
    watched(Promise.all([start(), takeUpRun()]));
  }, []);
  const shown = useRef(view);
  useEffect(() => {
    // The link that was followed may be gone: what comes next is read from the top of the new view.
    if (shown.current !== view) document.getElementById('main')?.focus();
    shown.current = view;
    document.title = `${TITLES[view]} - Spikebridge`;
  }, [view]);
  return (
    <>
      <a className="skip" href="#main" onClick={skip}>
        To the content
      </a>
      <header className="top">
        <a className="brand" href={hrefOf({ view: 'open' })}>
          Spikebridge
        </a>
        <nav aria-label="Views">
          {MENU.map((name) => (
            <a
              key={name}
              href={hrefOf({ view: name })}
              aria-current={view === name || (view === 'recording' && name === 'open') ? 'page' : undefined}
            >
              {TITLES[name]}
            </a>
          ))}
        </nav>
      </header>
      <RunBar />
      <Faults />
      <main id="main" tabIndex={-1}>
        <ViewFault key={view}>
          <Suspense fallback={<p role="status">Loading the view ...</p>}>
            <View />
          </Suspense>
        </ViewFault>
      </main>
      <footer className="quiet">
        Everything is computed in this page; no recording leaves this machine.{' '}
        <a href="./bench/index.html">Benchmark</a>
      </footer>
    </>
  );
}

/** The address is the view's, so the jump is made by hand. */
function skip(event: { preventDefault: () => void }): void {
  event.preventDefault();
  document.getElementById('main')?.focus();
}
