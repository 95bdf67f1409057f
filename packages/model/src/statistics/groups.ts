// Groups of units: excitatory and inhibitory cells, layers, or, where a file has no labels, two halves by rate.
import type { UnitInfo } from '../recording/index.ts';

export interface Group {
  readonly name: string;
  readonly units: readonly number[];
}

export interface Grouping {
  readonly kind: 'class' | 'layer' | 'halves';
  readonly groups: readonly Group[];
}

/** Units of the two classes. Readers say `exc` and `inh`; a class a file calls otherwise belongs to neither. */
export interface Classes {
  readonly excitatory: readonly number[];
  readonly inhibitory: readonly number[];
}

/** null where either class has no unit. */
export function classesOf(units: readonly UnitInfo[]): Classes | null {
  const of = (name: string): number[] =>
    units.flatMap(({ cellClass }, unit) => (cellClass === name ? [unit] : []));
  const classes = { excitatory: of('exc'), inhibitory: of('inh') };
  return classes.excitatory.length > 0 && classes.inhibitory.length > 0 ? classes : null;
}

/** Layers in the order of their names; empty where no unit has one. */
export function layersOf(units: readonly UnitInfo[]): Group[] {
  const layers = new Map<string, number[]>();
  units.forEach(({ layer }, unit) => {
    if (layer === undefined) return;
    const members = layers.get(layer);
    if (members === undefined) layers.set(layer, [unit]);
    else members.push(unit);
  });
  return [...layers]
    .map(([name, members]) => ({ name, units: members }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Fewer units are no population. */
const FEWEST_MEMBERS = 2;

/**
 * Groupings for coherence: by class and by layer where at least two groups of two units or more carry a label, else the odd
 * and the even places of the rates' order (busiest first), so that both halves fire about alike.
 */
export function groupingsOf(units: readonly UnitInfo[], rates: ArrayLike<number>): Grouping[] {
  const classes = classesOf(units);
  const found: Grouping[] = [];
  const keep = (kind: Grouping['kind'], groups: readonly Group[]): void => {
    const large = groups.filter((group) => group.units.length >= FEWEST_MEMBERS);
    if (large.length >= 2) found.push({ kind, groups: large });
  };
  if (classes !== null)
    keep('class', [
      { name: 'E', units: classes.excitatory },
      { name: 'I', units: classes.inhibitory },
    ]);
  keep('layer', layersOf(units));
  if (found.length > 0) return found;
  const order = Array.from({ length: rates.length }, (_, unit) => unit).sort(
    (a, b) => rates[b] - rates[a] || a - b,
  );
  keep('halves', [
    { name: '1st', units: order.filter((_, place) => place % 2 === 0) },
    { name: '2nd', units: order.filter((_, place) => place % 2 === 1) },
  ]);
  return found;
}
