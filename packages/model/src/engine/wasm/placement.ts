// Where a plan's tensors lie, as the lowering of each op asks for it.
import type { Tensor } from '../ops.ts';
import type { Workspace } from './workspace.ts';

/** What lowering needs to know of a plan's memory. `at(null)` is 0: absent. */
export interface Placement {
  readonly at: (tensor: Tensor | null) => number;
  /** Constants of a call (decays, edges ...), placed once a plan. */
  readonly table: (values: readonly number[]) => number;
  readonly workspace: Workspace;
}
