// Public names of interop: a net as files that other tools read.
export {
  DESCRIPTION_FILE,
  NET_SCHEMA,
  WEIGHTS_FILE,
  describeNet,
  descriptionText,
} from './net-description.ts';
export type { HistoryDescription, NetDescription } from './net-description.ts';
export { netFiles } from './net-files.ts';
export type { ExportOptions } from './net-files.ts';
export { onnxModel } from './onnx-model.ts';
export type { OnnxOptions } from './onnx-model.ts';
