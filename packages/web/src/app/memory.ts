// Memory of the page with its workers, where the browser tells.
import { useEffect, useState } from 'react';

/** Not every browser has it, and TypeScript does not know it yet. */
interface Measuring {
  measureUserAgentSpecificMemory?: () => Promise<{ readonly bytes: number }>;
}

const EVERY_MILLISECONDS = 10_000;

/** Bytes; null until told. A measurement waits for the next tidying up of the browser, which may take a while. */
export function useMemory(): number | null {
  const [bytes, setBytes] = useState<number | null>(null);
  useEffect(() => {
    let left = false;
    const ask = async (): Promise<void> => {
      const { measureUserAgentSpecificMemory: measure } = performance as Measuring;
      if (measure === undefined || !crossOriginIsolated) return;
      const told = await measure.call(performance).catch(() => null);
      if (left || told === null) return;
      setBytes(told.bytes);
      setTimeout(() => void ask(), EVERY_MILLISECONDS);
    };
    void ask();
    return () => {
      left = true;
    };
  }, []);
  return bytes;
}
