// How many workgroups a dispatch has. WebGPU allows 65,535 a dimension; longer rows of groups fold into two.

export type Groups = readonly [x: number, y: number, z: number];

export const MOST_GROUPS = 65_535;

/**
 * `count` groups in a row, folded: the shader takes `id.y * count.x + id.x` (shared/group.wgsl) and leaves what is past its end.
 * @throws RangeError above 65,535^2.
 */
export function groupsInRow(count: number): Groups {
  if (count <= MOST_GROUPS) return [Math.max(1, count), 1, 1];
  const rows = Math.ceil(count / MOST_GROUPS);
  if (rows > MOST_GROUPS) throw new RangeError(`${count} workgroups are more than two dimensions hold`);
  // Evenly filled rows leave the fewest groups with nothing to do.
  return [Math.ceil(count / rows), rows, 1];
}

/** Groups of `size` that cover `elements`. */
export function groupsFor(elements: number, size: number): Groups {
  return groupsInRow(Math.ceil(elements / size));
}
