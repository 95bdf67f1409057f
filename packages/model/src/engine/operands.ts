// Which tensors each op reads and writes: the one place that knows, for memory placement, cost estimates and checks.
import type { OpCall, Tensor } from './ops.ts';

export interface Operands {
  readonly reads: readonly Tensor[];
  /** Tensors that are written or added to. One that is added to, or changed in place, also stands in `reads`. */
  readonly writes: readonly Tensor[];
}

function present(...tensors: readonly (Tensor | null)[]): Tensor[] {
  return tensors.filter((tensor) => tensor !== null);
}

/** The operands of one call. Pure bookkeeping: no op reads or writes anything else but parameters of its own row. */
export function operandsOf(call: OpCall): Operands {
  switch (call.op) {
    case 'bitEmbed':
      return { reads: present(call.words, call.weight, call.bias), writes: [call.out] };
    case 'bitEmbedBackward': {
      const writes = present(call.dWeight, call.dBias);
      return { reads: [call.words, call.dOut, ...writes], writes };
    }
    case 'unpackBits':
      return { reads: [call.words], writes: [call.out] };
    case 'addPositions':
      return { reads: [call.positions, call.out], writes: [call.out] };
    case 'addPositionsBackward':
      return { reads: [call.dOut, call.dPositions], writes: [call.dPositions] };
    case 'rotary':
      return { reads: [call.qkv, call.angles], writes: [call.qkv] };
    case 'layerNorm':
      return { reads: [call.x, call.gain, call.bias], writes: [call.out, call.mean, call.rstd] };
    case 'layerNormBackward':
      return {
        reads: present(
          call.x,
          call.gain,
          call.mean,
          call.rstd,
          call.dOut,
          call.dGain,
          call.dBias,
          call.accumulate ? call.dX : null,
        ),
        writes: [call.dX, call.dGain, call.dBias],
      };
    case 'matMul':
      return {
        reads: present(call.a, call.b, call.bias, call.residual, call.accumulate ? call.c : null),
        writes: present(call.c, call.preActivation),
      };
    case 'columnSum':
      return { reads: [call.x, call.out], writes: [call.out] };
    case 'activationBackward':
      return { reads: [call.kept, call.dOut], writes: [call.dX] };
    case 'attention':
      return { reads: [call.qkv], writes: [call.out, call.logSumExp] };
    case 'attentionBackward':
      return {
        reads: [call.forward.qkv, call.forward.out, call.forward.logSumExp, call.dOut],
        writes: [call.delta, call.dQkv],
      };
    case 'dropout':
      return { reads: present(call.x, call.residual), writes: [call.out] };
    case 'dropoutBackward':
      return { reads: present(call.dOut, call.accumulate ? call.dX : null), writes: [call.dX] };
    case 'add':
      return { reads: [call.a, call.b], writes: [call.out] };
    case 'ownHistory':
      return {
        reads: [call.words, call.recent, call.state, call.weight, call.logits],
        writes: [call.logits],
      };
    case 'ownHistoryBackward':
      return {
        reads: [call.forward.words, call.forward.recent, call.forward.state, call.dLogits, call.dWeight],
        writes: [call.dWeight],
      };
    case 'loss':
      return {
        reads: [call.logits, call.targets, call.unitMask, call.rowMask],
        writes: present(call.value, call.dLogits),
      };
    case 'sigmoid':
      return { reads: [call.x], writes: [call.out] };
    case 'fill':
      return { reads: [], writes: [call.out] };
    case 'lstm':
      return {
        reads: present(call.x, call.recurrent, call.mask),
        writes: [call.out, call.gates, call.cells, call.before],
      };
    case 'lstmBackward': {
      const { recurrent, mask, gates, cells } = call.forward;
      return { reads: present(recurrent, mask, gates, cells, call.dOut), writes: [call.dX] };
    }
    case 'attentionPool':
      return {
        reads: present(call.keys, call.query, call.values, call.mask),
        writes: [call.weights, call.out],
      };
    case 'attentionPoolBackward': {
      const { keys, query, values, weights } = call.forward;
      return {
        reads: [keys, query, values, weights, call.dOut, call.dQuery],
        writes: [call.dKeys, call.dQuery, call.dValues],
      };
    }
    case 'unitRows':
      return { reads: [call.x], writes: [call.out, call.inverse] };
    case 'unitRowsBackward':
      return {
        reads: present(call.out, call.inverse, call.dOut, call.accumulate ? call.dX : null),
        writes: [call.dX],
      };
    case 'copyRows':
      return { reads: [call.x], writes: [call.out] };
    case 'classLoss':
      return {
        reads: [call.logits, call.labels, call.classWeights],
        writes: present(call.value, call.dLogits),
      };
  }
}
