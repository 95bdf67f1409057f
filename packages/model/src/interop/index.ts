// Public names of interop: what other tools need to rebuild a net around its weights.
export {
  DESCRIPTION_FILE,
  NET_SCHEMA,
  WEIGHTS_FILE,
  describeNet,
  descriptionText,
} from './net-description.ts';
export type { HistoryDescription, NetDescription } from './net-description.ts';
