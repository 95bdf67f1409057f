// The loop runs in between, with and without the host's own call for it.
import { afterEach, expect, test, vi } from 'vitest';
import { nextTurn } from './turn.ts';

afterEach(() => vi.unstubAllGlobals());

for (const how of ['setImmediate', 'a channel'] as const)
  test(`what waits in the event loop runs before work goes on, with ${how}`, async () => {
    const log: string[] = [];
    setImmediate(() => log.push('waiting'));
    if (how === 'a channel') vi.stubGlobal('setImmediate', undefined);
    await nextTurn();
    await nextTurn();
    log.push('work');
    expect(log).toEqual(['waiting', 'work']);
  });
