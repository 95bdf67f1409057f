// Nets over feature families as classifiers of a table, by name: ours, and the published variants on the same families.
import type { Backend } from '../../engine/backend.ts';
import { BILSTM, bilstm, PUBLISHED_VARIANTS } from './bilstm.ts';
import type { BilstmConfig, FamilyClassifier } from './bilstm.ts';
import { scalarFamilies } from './families.ts';

const CONFIGS: Readonly<Record<string, BilstmConfig>> = {
  'family-net': BILSTM,
  ...Object.fromEntries(
    Object.entries(PUBLISHED_VARIANTS).map(([name, config]) => [`family-net-${name}`, config]),
  ),
};

/** Their names. A fit takes seconds to a minute. */
export const FAMILY_CLASSIFIERS: readonly string[] = Object.keys(CONFIGS);

/** The classifier of that name of a table with these features, on a backend that answers at once (`scalarFamilies`); undefined where none is called so. */
export function familyClassifier(
  name: string,
  backend: Backend,
  features: readonly string[],
): FamilyClassifier | undefined {
  return name in CONFIGS ? bilstm(backend, scalarFamilies(features), CONFIGS[name], name) : undefined;
}
