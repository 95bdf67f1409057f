// Letting the host's event loop run in the middle of long work, so that a signal, a key or a message is heard.

interface WithImmediate {
  readonly setImmediate?: (callback: () => void) => unknown;
}

/** Settles in the loop's next turn. Timers would wait: a millisecond in Node, four in a browser. */
export function nextTurn(): Promise<void> {
  const { setImmediate } = globalThis as WithImmediate;
  if (setImmediate !== undefined) return new Promise((settle) => setImmediate(settle));
  const { port1, port2 } = new MessageChannel();
  return new Promise((settle) => {
    port1.onmessage = () => {
      port1.close();
      settle();
    };
    port2.postMessage(null);
  });
}
