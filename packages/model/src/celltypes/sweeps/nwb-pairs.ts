// Which stimulus belongs to which response: by the table of recordings (NWB 2.4 on), by sweep number (on the series, or in the sweep
// table of earlier files), else by name as MIES writes them (data_00003_AD0 and data_00003_DA0).
import { SpikebridgeError } from '../../errors.ts';
import type { Hdf5File } from '../../formats/hdf5.ts';
import type { Series } from './nwb-series.ts';
import type { Rejection } from './types.ts';

const ICEPHYS = '/general/intracellular_ephys';

/** A response with its stimulus; rows where the table of recordings names a part of a longer series. */
export interface Pair {
  readonly number: number;
  readonly response: Series;
  readonly stimulus: Series;
  readonly responseRows?: Rows;
  readonly stimulusRows?: Rows;
}
interface Rows {
  readonly start: number;
  readonly stop: number;
}

/** All pairs in order of their numbers, and the series that have no partner. */
export function pairSeries(
  file: Hdf5File,
  responses: readonly Series[],
  stimuli: readonly Series[],
): { pairs: Pair[]; rejected: Rejection[] } {
  const rejected: Rejection[] = [];
  const fromTable = recordings(file, responses, stimuli);
  const paired = new Set(fromTable.map(({ response }) => response.path));
  const numbers = sweepTable(file);
  const pairs = [...fromTable];
  for (const response of responses) {
    if (paired.has(response.path)) continue;
    const number = response.number ?? numbers.get(response.path);
    const partners = stimuli.filter(
      (s) =>
        s.clamp === response.clamp &&
        (number === undefined ? namesake(response, s) : (s.number ?? numbers.get(s.path)) === number),
    );
    // One sweep of a rig with several headstages has one stimulus an electrode.
    const own = partners.length > 1 ? partners.filter((s) => s.electrode === response.electrode) : partners;
    const label = number ?? digits(response.name) ?? responses.indexOf(response);
    const stimulus = own.at(0);
    if (own.length === 1 && stimulus !== undefined) pairs.push({ number: label, response, stimulus });
    else if (response.clamp === 'none') {
      rejected.push({
        sweep: label,
        code: 'no-injection',
        reason: `${response.name} was recorded with the injection switched off (I = 0).`,
      });
    } else {
      rejected.push({
        sweep: label,
        code: partners.length === 0 ? 'no-stimulus' : 'ambiguous',
        reason:
          partners.length === 0
            ? `${response.name} has no stimulus of its own in the file.`
            : `${response.name} could belong to several stimuli: ${partners.map((s) => s.name).join(', ')}.`,
      });
    }
  }
  pairs.sort((a, b) => a.number - b.number);
  return { pairs, rejected };
}

/** Rows of the table of intracellular recordings that name a response and a stimulus of this file. */
function recordings(file: Hdf5File, responses: readonly Series[], stimuli: readonly Series[]): Pair[] {
  const table = `${ICEPHYS}/intracellular_recordings`;
  try {
    if (!file.keys(table).includes('responses')) return [];
    const [r, s] = [`${table}/responses/response`, `${table}/stimuli/stimulus`];
    const [responsePaths, stimulusPaths] = [
      file.references(r, 'timeseries'),
      file.references(s, 'timeseries'),
    ];
    const [responseRows, stimulusRows] = [
      file.columns(r, ['idx_start', 'count']),
      file.columns(s, ['idx_start', 'count']),
    ];
    const ids = file.isDataset(`${table}/id`) ? file.numbers(`${table}/id`) : new Float64Array(0);
    const pairs = responsePaths.flatMap((path, row): Pair[] => {
      const response = responses.find((one) => one.path === path);
      const stimulus = stimuli.find((one) => one.path === stimulusPaths.at(row));
      if (response === undefined || stimulus === undefined || response.clamp !== stimulus.clamp) return [];
      const [ofResponse, ofStimulus] = [rowsOf(responseRows, row), rowsOf(stimulusRows, row)];
      return [
        {
          number: ids.at(row) ?? row,
          response,
          stimulus,
          ...(ofResponse === undefined ? {} : { responseRows: ofResponse }),
          ...(ofStimulus === undefined ? {} : { stimulusRows: ofStimulus }),
        },
      ];
    });
    // A series that is one sweep keeps its own number; where one series holds several sweeps, the rows are numbered.
    const own = pairs.map(({ response }) => response.number);
    const distinct = new Set(own).size === pairs.length && !own.includes(undefined);
    return distinct ? pairs.map((pair) => ({ ...pair, number: pair.response.number ?? pair.number })) : pairs;
  } catch (error) {
    // A table that is damaged is done without: numbers and names are left.
    if (error instanceof SpikebridgeError) return [];
    throw error;
  }
}

function rowsOf(columns: ReadonlyMap<string, Float64Array>, row: number): Rows | undefined {
  const start = columns.get('idx_start')?.at(row);
  const count = columns.get('count')?.at(row);
  return start === undefined || count === undefined || start < 0 || count < 0
    ? undefined
    : { start, stop: start + count };
}

/** Sweep number by path of a series, from the sweep table of files before NWB 2.4. */
function sweepTable(file: Hdf5File): Map<string, number> {
  const table = `${ICEPHYS}/sweep_table`;
  try {
    if (!file.keys(table).includes('series')) return new Map();
    const series = file.references(`${table}/series`);
    const ends = file.numbers(`${table}/series_index`);
    const numbers = file.numbers(`${table}/sweep_number`);
    const found = new Map<string, number>();
    let start = 0;
    ends.forEach((end, row) => {
      const number = numbers.at(row);
      if (number !== undefined && Number.isSafeInteger(number)) {
        for (const path of series.slice(start, Math.max(start, end)))
          if (path !== '') found.set(path, number);
      }
      start = Math.max(start, end);
    });
    return found;
  } catch (error) {
    if (error instanceof SpikebridgeError) return new Map();
    throw error;
  }
}

function namesake(response: Series, stimulus: Series): boolean {
  return response.name.replace(/_AD/i, '_') === stimulus.name.replace(/_DA/i, '_');
}

function digits(name: string): number | undefined {
  const found = /\d+/.exec(name)?.at(0);
  return found === undefined ? undefined : Number(found);
}
