// Public names of the conformance suite.
export { CONFORMANCE_CASES } from './cases.ts';
export { smallestOfEveryKernel } from './selection.ts';
export { caseName, conformanceRows, runCase, runConformance } from './run.ts';
export type { ConformanceCase, ConformanceOp, ConformanceRow } from './types.ts';
