// Public names of looking inside a net: attention by lag, importance of spikes, and the document of both.
export { explain, judgedBins } from './explain.ts';
export type { Explanation, ExplainOptions } from './explain.ts';
export {
  INTERPRETATION_SCHEMA,
  interpretationDocument,
  interpretationDocumentSchema,
  lagCells,
  unitGroups,
} from './document.ts';
export type { InterpretationDocument, InterpretationSubject, UnitGroup } from './document.ts';
