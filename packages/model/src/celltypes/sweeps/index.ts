// Public names of sweeps: reading them, recognising stimuli, judging quality.
export type * from './types.ts';
export type { SweepOptions } from './options.ts';
export { openSweeps } from './open.ts';
export { recogniseStimulus } from './stimulus.ts';
export { IPFX_LIMITS } from './quality-limits.ts';
export type { QualityCheck, QualityLimits, QualityVerdict } from './quality-limits.ts';
export { sweepQuality } from './sweep-quality.ts';
export { cellQuality } from './cell-quality.ts';
export { readStimulated, surveyBySweep, surveySweeps } from './survey.ts';
export type { Survey, SurveyedSweep } from './survey.ts';
