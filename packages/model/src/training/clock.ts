// The host's clock, behind an interface so that tests can hold it still; time never reaches a number that a run computes.

export interface HostClock {
  /** Milliseconds that only rise. */
  milliseconds(): number;
  /** Seconds since 1970. */
  wallSeconds(): number;
  /** Resolves after the event loop had its turn. */
  turn(): Promise<void>;
}

export const systemClock: HostClock = {
  milliseconds: () => performance.now(),
  wallSeconds: () => Date.now() / 1000,
  turn: () => new Promise((resolve) => setTimeout(resolve, 0)),
};
