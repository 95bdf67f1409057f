// Plan: nothing is served without the page or without the headers that keep it to itself; what is wrong and what to do is said.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { appFixture, FIXTURE_HEADERS } from '../testing/app-fixture.ts';
import { openApp } from './app-folder.ts';

let fixture: ReturnType<typeof appFixture>;
beforeEach(() => {
  fixture = appFixture();
});
afterEach(() => fixture.remove());

const refused = (message: RegExp): unknown =>
  expect.objectContaining({
    code: 'E_APP_MISSING',
    message: expect.stringMatching(message) as unknown,
    fix: expect.stringMatching(/npm run build; .* npm install @spikebridge\/web@\d/) as unknown,
  });
const opening = () => openApp(fixture.folder);

describe('openApp', () => {
  it('finds the folder and the headers of a whole app', () => {
    expect(opening()).toEqual({ folder: fixture.folder, headers: FIXTURE_HEADERS });
  });

  it('refuses an app that is not installed, not built, or has lost its page', () => {
    expect(() => openApp(undefined)).toThrow(refused(/@spikebridge\/web is not installed/));
    expect(() => openApp(join(fixture.root, 'nowhere'))).toThrow(refused(/not built/));
    rmSync(join(fixture.folder, 'index.html'));
    expect(opening).toThrow(refused(/not built/));
  });

  it('refuses an app without headers, or whose headers are not what they must be', () => {
    const headers = join(fixture.folder, 'headers.json');
    for (const content of ['', 'null', '[]', '{"X": 1}', '"text"']) {
      writeFileSync(headers, content);
      expect(opening).toThrow(refused(/./));
    }
    for (const name of Object.keys(FIXTURE_HEADERS).slice(0, 3)) {
      writeFileSync(headers, JSON.stringify({ ...FIXTURE_HEADERS, [name]: undefined }));
      expect(opening).toThrow(refused(new RegExp(name)));
    }
    rmSync(headers);
    expect(opening).toThrow(refused(/not built/));
  });
});
