// Principal components, plain and sparse, of feature families.
export { fitComponents, fitSparseComponents, project } from './components.ts';
export type { Components, SparseOptions } from './components.ts';
export { GOUWENS_FAMILIES, familyColumns, fitFamilies, transformFamilies } from './families.ts';
export type { FamilyMatrices, ComponentPlan, FittedFamily } from './families.ts';
