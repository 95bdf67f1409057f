// A predictor whose answer comes on a later turn of the event loop, as that of a net on a device does: whoever does not wait for
// it reads what was in `out` before.
import type { Predictor, PredictorFactory } from '../types.ts';

/** `inner`, a turn later. */
export function laterPredictor(inner: Predictor): Predictor {
  return {
    key: inner.key,
    predict: async (start, stop, out) => {
      await new Promise((resolve) => setImmediate(resolve));
      await inner.predict(start, stop, out);
    },
    dispose: () => inner.dispose?.(),
  };
}

/** Sets up what `factory` sets up, answering a turn later. */
export function laterFactory(factory: PredictorFactory): PredictorFactory {
  return (view) => laterPredictor(factory(view));
}
