// The MATLAB reader: finds the variable that holds spike trains and hands it to the layout that fits.
import { SpikebridgeError } from '../errors.ts';
import { withSource } from './bytes.ts';
import { isAsdf, readAsdf } from './asdf.ts';
import type { MatValue } from './mat5.ts';
import { matVersion, peekMat5, readMat5 } from './mat5.ts';
import { TIME_FIELDS, hasSpikeStructs, readMatStruct } from './matStruct.ts';
import type { Reader } from './types.ts';

/** MATLAB level 5 (v6, v7): asdf cell arrays, and nested structs with spike times. v7.3 is recognised and explained. */
export const matlabReader: Reader = {
  format: 'matlab',
  title: 'MATLAB v5 (asdf cells, spike structs)',
  sniff(location) {
    if (location.kind !== 'file') return 0;
    return withSource(location.open(), (source) => {
      const version = matVersion(source);
      if (version === undefined) return 0;
      if (version === 7.3) return 2;
      try {
        const holds = peekMat5(source).some(
          ({ className, text }) =>
            className === 'cell' ||
            (className === 'struct' && TIME_FIELDS.some((field) => text.includes(`${field}\0`))),
        );
        return holds ? 2 : 1;
      } catch (error) {
        // A damaged MATLAB file is still ours: reading it says what is wrong.
        if (error instanceof SpikebridgeError) return 1;
        throw error;
      }
    });
  },
  read(location, options) {
    const variables = withSource(location.open(), (source) => {
      if (matVersion(source) === 7.3) {
        throw new SpikebridgeError(
          'E_MAT_V73',
          'This is a MATLAB 7.3 file (HDF5 inside), which is not read yet.',
          {
            where: location.name,
            fix: 'In MATLAB: load it and save(file, "asdf", "-v7").',
          },
        );
      }
      return readMat5(source);
    });
    const { name, value } = chooseVariable(variables, location.name, options.select);
    const read = isAsdf(value) ? readAsdf : readMatStruct;
    return Promise.resolve().then(() => read(value, name, location, options));
  },
};

/** The one variable with trains. @throws E_MAT_NO_TRAINS, E_SELECT_NEEDED, E_SELECT_UNKNOWN. */
export function chooseVariable(
  variables: ReadonlyMap<string, MatValue>,
  file: string,
  select: string | undefined,
): { name: string; value: MatValue } {
  const fitting = [...variables].filter(([, value]) => isAsdf(value) || hasSpikeStructs(value));
  const names = fitting.map(([name]) => name);
  if (fitting.length === 0) {
    const seen = [...variables].map(([name, value]) => `${name} (${value.kind} ${value.dims.join(' x ')})`);
    throw new SpikebridgeError(
      'E_MAT_NO_TRAINS',
      `No variable holds spike trains; found ${seen.length === 0 ? 'none at all' : seen.join(', ')}.`,
      { where: file, fix: 'Expected an asdf cell array, or structs with a field of spike times.' },
    );
  }
  const chosen = select === undefined ? fitting : fitting.filter(([name]) => name === select);
  if (chosen.length === 1) return { name: chosen[0][0], value: chosen[0][1] };
  if (select === undefined) {
    throw new SpikebridgeError(
      'E_SELECT_NEEDED',
      `Several variables hold spike trains: ${names.join(', ')}.`,
      {
        where: file,
        fix: `Add --select ${names[0]} (or another of them).`,
        exitCode: 2,
      },
    );
  }
  throw new SpikebridgeError('E_SELECT_UNKNOWN', `There is no ${select} among ${names.join(', ')}.`, {
    where: file,
    fix: `Use --select ${names[0]}.`,
    exitCode: 2,
  });
}
