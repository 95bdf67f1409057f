// @vitest-environment node
import { describe, expect, test, vi } from 'vitest';

vi.stubGlobal('location', { hash: '' });
vi.stubGlobal('window', { addEventListener: () => undefined });
const { hrefOf, parseRoute } = await import('./route.ts');

describe('addresses of views', () => {
  test('say the view, what it is of, and its state, and are read back as they were', () => {
    const route = { view: 'recording', id: 'a b/ü?', query: { from: '1.5', to: '2 & 3' } } as const;
    expect(parseRoute(hrefOf(route))).toEqual(route);
  });

  test.each(['', '#', '#/', '#/nowhere', '#/__proto__'])('%s leads to the list of recordings', (hash) => {
    expect(parseRoute(hash).view).toBe('open');
  });

  test('what is no escape is left as it stands', () => {
    expect(parseRoute('#/recording/%E0%A4%A').id).toBe('%E0%A4%A');
  });
});
