// The one error type a person meets: what was wrong, where, and what to do, with a code that stays the same.

/** Exit code a command ends with: 1 = the data or the run is at fault, 2 = the request is. */
export type ExitCode = 1 | 2;

/**
 * An error meant for a person. `code` is stable (`E_` + area + fault, e.g. `E_NPY_PICKLED`): scripts may match it.
 * The message says what was received and what was expected; `where` names the file, option or unit; `fix` says what to do.
 */
export class SpikebridgeError extends Error {
  readonly code: string;
  readonly where: string | undefined;
  readonly fix: string | undefined;
  readonly exitCode: ExitCode;

  constructor(
    code: string,
    message: string,
    detail: { where?: string; fix?: string; exitCode?: ExitCode; cause?: unknown } = {},
  ) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.name = 'SpikebridgeError';
    this.code = code;
    this.where = detail.where;
    this.fix = detail.fix;
    this.exitCode = detail.exitCode ?? 1;
  }
}
