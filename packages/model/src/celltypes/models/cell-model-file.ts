// A cell model as one safetensors file: numbers as float32 arrays, everything else as JSON in its metadata.
import { SpikebridgeError } from '../../errors.ts';
import { readSafetensors, writeSafetensors } from '../../formats/safetensors.ts';
import type { NamedArray } from '../../formats/safetensors.ts';
import type { PerceptronWeights } from '../classifiers/perceptron.ts';
import type { CellModel } from './cell-model.ts';

const SCHEMA = 'spikebridge.cell-model/1';
const SCALING = ['median', 'spread', 'mean', 'deviation'] as const;

export function encodeCellModel(model: CellModel): Uint8Array {
  const { weights, range, distributions, typicality, ...plain } = model;
  const { scaling, nets, hidden } = weights;
  const [columns, classes] = [model.features.length, model.classes.length];
  const array = (values: Float64Array, ...shape: number[]): NamedArray => ({
    shape,
    values: Float32Array.from(values),
  });
  const arrays = new Map<string, NamedArray>([
    ...SCALING.map((name) => [`scaling.${name}`, array(scaling[name], columns)] as const),
    ['range.low', array(range.low, columns)],
    ['range.high', array(range.high, columns)],
    ['typicality.means', array(typicality.means, classes, columns)],
    ['typicality.precision', array(typicality.precision, columns, columns)],
    ['distributions', array(distributions, classes, columns, 3)],
    ...nets.flatMap(({ first, second }, net): [string, NamedArray][] => [
      [`nets.${net}.first`, array(first, columns + 1, hidden)],
      [`nets.${net}.second`, array(second, hidden + 1, classes)],
    ]),
  ]);
  return writeSafetensors(arrays, {
    schema: SCHEMA,
    model: JSON.stringify({ ...plain, nets: nets.length, hidden }),
  });
}

/** @throws E_SAFETENSORS, E_CELL_MODEL where the file holds something else */
export function decodeCellModel(bytes: Uint8Array, name: string): CellModel {
  const { arrays, metadata } = readSafetensors(bytes, name);
  const refuse = (message: string) =>
    new SpikebridgeError('E_CELL_MODEL', message, {
      where: name,
      fix: 'give a model that `celltype train` wrote',
    });
  if (metadata['schema'] !== SCHEMA) throw refuse('the file is no cell model');
  const { nets, hidden, ...plain } = JSON.parse(metadata['model']) as Omit<
    CellModel,
    'weights' | 'range' | 'distributions' | 'typicality'
  > & { nets: number; hidden: number };
  const [columns, classes] = [plain.features.length, plain.classes.length];
  const values = (key: string, ...shape: number[]): Float64Array => {
    const found = arrays.get(key);
    if (found === undefined || found.shape.join() !== shape.join())
      throw refuse(`${key} should be an array of ${shape.join(' x ')}`);
    return Float64Array.from(found.values);
  };
  const weights: PerceptronWeights = {
    scaling: {
      median: values('scaling.median', columns),
      spread: values('scaling.spread', columns),
      mean: values('scaling.mean', columns),
      deviation: values('scaling.deviation', columns),
    },
    nets: Array.from({ length: nets }, (_, net) => ({
      first: values(`nets.${net}.first`, columns + 1, hidden),
      second: values(`nets.${net}.second`, hidden + 1, classes),
    })),
    ...{ hidden, classes },
  };
  return {
    ...plain,
    weights,
    range: { low: values('range.low', columns), high: values('range.high', columns) },
    typicality: {
      means: values('typicality.means', classes, columns),
      precision: values('typicality.precision', columns, columns),
    },
    distributions: values('distributions', classes, columns, 3),
  };
}
