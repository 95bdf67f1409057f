// The operating system, as far as a browser tells it.

/** `Linux x86_64`, `Windows NT 10.0; Win64; x64` ... of a user agent's first parenthesis. */
export function systemOf(agent: string): string {
  return /\(([^)]*)\)/.exec(agent)?.[1] ?? 'unknown system';
}

export const operatingSystem = (): string => systemOf(navigator.userAgent);
