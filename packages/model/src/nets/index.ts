// Public names of the nets room.
export type {
  HistoryConfig,
  HistoryFeatures,
  NetConfig,
  NetData,
  NetMode,
  NetPlan,
  SpikeNet,
  SpikeTransformerConfig,
} from './types.ts';
export { NET_PRESETS } from './presets.ts';
export { historyFeatureCount, historyFeatures } from './own-history.ts';
export { initialValues, parameterCount, parameterSpecs, wordsPerBin } from './parameters.ts';
export { buildPlan, createSpikeNet } from './spike-transformer.ts';
export { netRows } from './net-conformance.ts';
export type { NetRow } from './net-conformance.ts';
export { UNIT_FREE_LEVELS } from './unit-free.ts';
export type { UnitFreeConfig, UnitFreeLevel, UnitFreeNet } from './unit-free.ts';
export { createFamilyNet, ENCODER, PAPER_NET, PROJECTED_NET } from './family-net.ts';
export type {
  FamilyNet,
  FamilyNetConfig,
  FamilyNetShape,
  FamilyPlan,
  HeadLoss,
  HeadTensors,
} from './family-net.ts';
