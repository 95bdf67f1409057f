// Threads that answer one request at a time each: started when there is work for them, ended together.
import { Worker } from 'node:worker_threads';

interface Waiting<Request, Answer> {
  readonly request: Request;
  readonly settle: (answer: Answer) => void;
  readonly fail: (error: unknown) => void;
}

/** Of a module that posts one message for each message it is sent. */
export class WorkerPool<Request, Answer> {
  readonly size: number;
  readonly #module: URL;
  readonly #idle: Worker[] = [];
  readonly #all = new Set<Worker>();
  readonly #busy = new Map<Worker, Waiting<Request, Answer>>();
  readonly #waiting: Waiting<Request, Answer>[] = [];

  /** `module`: a built one; Node cannot start a thread on TypeScript. */
  constructor(module: URL, size: number) {
    this.#module = module;
    this.size = size;
  }

  /** @throws whatever ends the thread that was to answer */
  run(request: Request): Promise<Answer> {
    return new Promise((settle, fail) => {
      this.#waiting.push({ request, settle, fail });
      this.#serve();
    });
  }

  /** Ends every thread; what is under way is never answered. */
  async close(): Promise<void> {
    this.#waiting.length = 0;
    this.#busy.clear();
    await Promise.all([...this.#all].map((worker) => worker.terminate()));
  }

  #serve(): void {
    const next = this.#waiting.at(0);
    if (next === undefined) return;
    const worker = this.#idle.pop() ?? (this.#all.size < this.size ? this.#start() : undefined);
    if (worker === undefined) return;
    this.#waiting.shift();
    this.#busy.set(worker, next);
    worker.postMessage(next.request);
  }

  #start(): Worker {
    const worker = new Worker(this.#module);
    this.#all.add(worker);
    worker.on('message', (answer: Answer) => {
      const asked = this.#busy.get(worker);
      this.#busy.delete(worker);
      this.#idle.push(worker);
      asked?.settle(answer);
      this.#serve();
    });
    const ended = (error: unknown) => {
      this.#busy.get(worker)?.fail(error);
      this.#busy.delete(worker);
      this.#all.delete(worker);
    };
    worker.on('error', ended);
    worker.on('exit', (code) => ended(new Error(`a thread ended early with ${String(code)}`)));
    return worker;
  }
}
