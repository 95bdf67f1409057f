// What a fault says, and what there is to say of one that nobody foresaw. Apart from fault.ts so that the page's first script holds
// nothing of the model.

export interface Fault {
  readonly code: string;
  readonly message: string;
  readonly where: string | null;
  readonly fix: string | null;
}

/** An answer of a worker. Faults are values: messages between threads would lose their code. */
export type Answer<T> = { readonly value: T } | { readonly fault: Fault };

export const faultOf = (error: unknown): Fault => ({
  code: 'E_UNEXPECTED',
  message: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
  where: null,
  fix: 'this is a fault of the program: reload the page; what was kept is not lost',
});

/** Of work that the user ended: no fault to show. */
export const STOPPED: Fault = {
  code: 'E_STOPPED',
  message: 'stopped as you asked; what was finished before is kept',
  where: null,
  fix: null,
};
