// A clock that stands still, so that event files of equal runs have equal bytes.
import type { HostClock } from '../clock.ts';

export function stillClock(): HostClock {
  return { milliseconds: () => 0, wallSeconds: () => 1_700_000_000, turn: () => Promise.resolve() };
}
