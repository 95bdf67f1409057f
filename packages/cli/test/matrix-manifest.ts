// A manifest of two short recordings of counted trains, one of them with a later recording to be judged on, for the tests of `matrix`.
import { periodicCsv } from './harness.ts';

/** Deterministic and narrow: seconds, and the same bits from every process. */
const SET = `set:
  deterministic: true
  data.units: 4
  net.width: 8
  net.heads: 2
  net.feedForward: 8
  training.context: 64
  training.batch: 4
  training.steps: 40
  training.warmupSteps: 2
  training.evaluateEverySteps: 20
  training.checkpointEverySteps: 5
evaluation:
  floors: { within: [recent-rate, own-history, plug-in], across: [recent-rate, plug-in] }
  replicates: 50
`;

export interface ManifestParts {
  readonly losses?: string;
  readonly recordings?: string;
}

const RECORDINGS = `
  - { name: dish, domain: in-vitro, path: dish.csv, test: dish-later.csv }
  - { name: brain, domain: in-vivo, path: brain.csv }`;

export const manifestText = ({ losses = '[bce]', recordings = RECORDINGS }: ManifestParts = {}): string =>
  `recordings:${recordings}\nlosses: ${losses}\n${SET}`;

/** Writes the recordings that the manifest names. */
export function writeRecordings(file: (name: string, content: string) => string): void {
  file('dish.csv', periodicCsv({ units: 3, seconds: 20 }));
  file('dish-later.csv', periodicCsv({ units: 3, seconds: 12 }));
  file('brain.csv', periodicCsv({ units: 4, seconds: 22 }));
}
