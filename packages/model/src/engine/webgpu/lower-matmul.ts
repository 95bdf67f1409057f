// Lowers a product, with what is fused to it, and column sums to one dispatch each; gradients of parameters leave partial sums where
// their rows are cut.
import {
  columnSum,
  columnSumChunks,
  matMul,
  matMulChunks,
  type Dispatch,
  type MatMulCall,
} from '@spikebridge/kernels-wgsl';
import { SpikebridgeError } from '../../errors.ts';
import type { ColumnSum, Dropout, DropoutBackward, Tensor } from '../ops.ts';
import { dropoutThreshold } from '../random.ts';
import { boundTo, callsOf, residualOf, resultOf, type ProductStep } from './fuse.ts';
import type { GpuPlacement } from './placement.ts';

/** @throws SpikebridgeError E_GPU_OP where one tensor would be bound twice, which WebGPU forbids. */
export function lowerProduct(step: ProductStep, place: GpuPlacement): Dispatch[] {
  const { matMul: product, dropout, dropoutBackward, activationBackward, columnSum } = step;
  const { form, m, n, k } = product;
  const shape = { form, m, n, k, tiled: !place.software };
  const result = resultOf(step);
  const onto = product.accumulate || (dropout ?? product).residual === result;
  refuseTwice(step);
  const at = (tensor: Tensor | null | undefined) =>
    tensor === null || tensor === undefined ? null : place.at(tensor);
  // Only gradients of weights have a long depth beside a small result.
  const chunks = form === 'tn' && product.accumulate ? matMulChunks(shape) : 1;
  const target = (tensor: Tensor) => (chunks === 1 ? place.at(tensor) : place.partials(tensor, chunks));
  const call: MatMulCall = {
    ...shape,
    label: labelOf(step),
    a: place.at(product.a),
    b: place.at(product.b),
    bias: at(product.bias),
    activation: product.activation,
    before: at(product.preActivation),
    dropout: dropoutOf(dropout ?? dropoutBackward),
    slope: activationBackward && {
      activation: activationBackward.activation,
      kept: place.at(activationBackward.kept),
    },
    residual: onto ? (chunks === 1 ? 'c' : null) : at(residualOf(step)),
    columns: columnSum && target(columnSum.out),
    chunks,
    c: target(result),
  };
  return [matMul(call)];
}

/** Column sums apart from a product. */
export function lowerColumnSum({ x, out }: ColumnSum, place: GpuPlacement): Dispatch {
  const [rows, width] = x.shape;
  const chunks = columnSumChunks(rows);
  const to = chunks === 1 ? place.at(out) : place.partials(out, chunks);
  return columnSum({ x: place.at(x), rows, width, chunks, out: to });
}

function dropoutOf(call: Dropout | DropoutBackward | null): MatMulCall['dropout'] {
  if (call === null) return null;
  const { stream, probability } = call;
  return { stream, threshold: dropoutThreshold(probability), factor: 1 / (1 - probability) };
}

/** The ops of a step in words: `matMul nt + dropoutBackward`. */
function labelOf(step: ProductStep): string {
  const { form } = step.matMul;
  return callsOf(step)
    .map(({ op }) => (op === 'matMul' ? `matMul ${form}` : op))
    .join(' + ');
}

function refuseTwice(step: ProductStep): void {
  const tensors = boundTo(step);
  const twice = tensors.find((tensor, i) => tensors.indexOf(tensor) !== i);
  if (twice === undefined) return;
  throw new SpikebridgeError(
    'E_GPU_OP',
    `${labelOf(step)} has ${twice.name} as two of its operands; the webgpu backend binds a tensor once a product`,
    { fix: 'give the product a copy of the tensor, or use --device wasm' },
  );
}
