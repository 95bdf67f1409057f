// The page's first script: the shell, and each view when it is first looked at.
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app/App.tsx';
import { guardPage } from './app/guard-page.ts';
import './app/style.css';
import { registerIsolation } from './isolation.ts';

const place = document.getElementById('root');
if (place === null) throw new Error('the page has no #root');
// Threads need an isolated page; where it is about to load again for that, nothing is worth starting.
if ((await registerIsolation()) !== 'reloading') {
  guardPage();
  createRoot(place).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
