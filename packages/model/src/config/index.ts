// Public names of config: the schema of a run, its presets, and how a request becomes a resolved, hashed configuration.
export { canonicalJson } from './canonical.ts';
export type { Json } from './canonical.ts';
export { editDistance, nearestName } from './nearest.ts';
export type { HistorySettings, NetSettings } from './net-schema.ts';
export { PRESET_NAMES, PRESETS, isPresetName } from './presets.ts';
export type { PresetName } from './presets.ts';
export { configHash, parseResolvedConfig, resolveConfig } from './resolve.ts';
export type { ConfigRequest, ResolvedConfig } from './resolve.ts';
export { dataSchema, isUnitFree, lossSchema, runConfigSchema, trainingSchema } from './schema.ts';
export type {
  DataSettings,
  LossSettings,
  RunConfig,
  ScheduleSettings,
  TrainingSettings,
  TransformerRunConfig,
  UnitFreeRunConfig,
} from './schema.ts';
export { Sha256, sha256Hex, sha256HexOfText } from './sha256.ts';
