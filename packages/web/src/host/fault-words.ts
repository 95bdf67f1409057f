// What there is to say of a fault that nobody foresaw. Apart from fault.ts so that the page's first script holds nothing of the model.
import type { Fault } from './fault.ts';

export const faultOf = (error: unknown): Fault => ({
  code: 'E_UNEXPECTED',
  message: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
  where: null,
  fix: 'this is a fault of the program: reload the page; what was kept is not lost',
});
