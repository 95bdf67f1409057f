// Worker threads of the kernels. How a thread is started is the host's business (Node worker_threads, Web Workers in
// Deno and browsers); what it runs is one small script, the same everywhere.

/** One started thread. */
export interface ThreadPort {
  post(message: unknown): void;
  /** Called with the thread's only message: 'ready', or an error text. */
  onMessage(listener: (message: unknown) => void): void;
  terminate(): void;
}

/** Starts a thread that evaluates `source`. It must not keep the process alive. */
export type SpawnThread = (source: string) => ThreadPort;

/** Script of a worker: instantiate the compiled module over the shared memory, say so, and stay in its loop. */
export const workerSource = `
const port = typeof self === 'object' && typeof self.postMessage === 'function'
  ? { post: (m) => self.postMessage(m), listen: (f) => { self.onmessage = (e) => f(e.data); } }
  : (({ parentPort }) => ({ post: (m) => parentPort.postMessage(m), listen: (f) => parentPort.on('message', f) }))(
      require('node:worker_threads'));
port.listen(({ module, memory, index }) => {
  WebAssembly.instantiate(module, { env: { memory } }).then(
    (instance) => { port.post('ready'); instance.exports.work(index); },
    (error) => { port.post(String(error)); });
});
`;

/** What this file needs of Node's `Worker`. */
interface NodeWorker {
  postMessage(message: unknown): void;
  on(event: 'message' | 'error', listener: (message: unknown) => void): unknown;
  unref(): void;
  terminate(): unknown;
}

/** Threads by Node's `worker_threads`: pass its `Worker` class. */
export function nodeThreads(
  Worker: new (source: string, options: { eval: boolean }) => NodeWorker,
): SpawnThread {
  return (source) => {
    const worker = new Worker(source, { eval: true });
    worker.unref();
    return {
      post: (message) => worker.postMessage(message),
      onMessage: (listener) => {
        worker.on('message', listener);
        worker.on('error', (error) => listener(String(error)));
      },
      terminate: () => {
        worker.terminate();
      },
    };
  };
}

/** Threads by Web Workers (Deno, browsers; a page needs cross-origin isolation). */
export function webThreads(): SpawnThread {
  return (source) => {
    const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
    const worker = new Worker(url, { type: 'module' });
    return {
      post: (message) => worker.postMessage(message),
      onMessage: (listener) => {
        worker.onmessage = (event: MessageEvent<unknown>) => listener(event.data);
        worker.onerror = (event) => listener(event.message);
      },
      terminate: () => {
        worker.terminate();
        URL.revokeObjectURL(url);
      },
    };
  };
}
