// Why a series or a sweep cannot be used, before it is known which sweep it is; and what an error of a file says of one sweep.
import { SpikebridgeError } from '../../errors.ts';

/** A Rejection without its sweep. */
export interface Fault {
  readonly code: string;
  readonly reason: string;
}

/** The sentence of an error of the file; anything that is no SpikebridgeError is a fault of this program and thrown on. */
export function faultOf(error: unknown): Fault {
  if (!(error instanceof SpikebridgeError)) throw error;
  const code =
    error.code === 'E_SWEEP_UNITS' ? 'units' : error.code === 'E_SWEEP_EMPTY' ? 'empty' : 'unreadable';
  return { code, reason: error.message };
}
