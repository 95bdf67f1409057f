// Plan: a request whose parts do not go together is refused before any work is done.
import { describe, expect, it } from 'vitest';
import { checkEvaluateFlags } from './evaluation-flags.ts';

describe('checkEvaluateFlags', () => {
  it('refuses an export beside the guards, which export nothing', () => {
    expect(() => checkEvaluateFlags({ run: 'run', part: 'test', guards: true, export: 'scores' })).toThrow(
      expect.objectContaining({ code: 'E_USAGE', exitCode: 2 }) as Error,
    );
    expect(() => checkEvaluateFlags({ run: 'run', part: 'test', guards: true })).not.toThrow();
    expect(() => checkEvaluateFlags({ run: 'run', part: 'test', export: 'scores' })).not.toThrow();
  });
});
