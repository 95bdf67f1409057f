// What `evaluate` is asked for: apart from the command, because it travels to the thread that computes.
import type { KnowledgeLevel, PairingChoice, Shares } from '@spikebridge/model';
import { SpikebridgeError } from '@spikebridge/model';
import type { GlobalFlags, ReadingFlags } from './options.ts';

export interface EvaluateFlags extends ReadingFlags, GlobalFlags {
  readonly run: string;
  readonly data?: string;
  readonly source?: string;
  readonly calibrate?: string;
  readonly pairing?: PairingChoice;
  readonly level?: KnowledgeLevel;
  readonly with?: readonly string[];
  readonly calibrationSeconds?: number;
  readonly part: 'test' | 'all';
  readonly split?: Shares;
  readonly floors?: string;
  readonly replicates?: number;
  readonly guards?: boolean;
  readonly statistics?: boolean;
  readonly bins?: number;
  readonly matchRates?: boolean;
  readonly export?: string;
  readonly threads?: number;
  readonly force?: boolean;
}

/** Refuses what would be passed over in silence. @throws E_USAGE */
export function checkEvaluateFlags(flags: EvaluateFlags): void {
  if (flags.guards === true && flags.export !== undefined)
    throw new SpikebridgeError('E_USAGE', '--guards scores surrogates and exports nothing', {
      where: '--export',
      fix: 'leave out one of --guards and --export',
      exitCode: 2,
    });
  if (flags.guards === true && flags.statistics === true)
    throw new SpikebridgeError('E_USAGE', '--guards scores surrogates and generates nothing', {
      where: '--statistics',
      fix: 'leave out one of --guards and --statistics',
      exitCode: 2,
    });
  const needing =
    flags.bins !== undefined ? '--bins' : flags.matchRates === true ? '--match-rates' : undefined;
  if (needing !== undefined && flags.statistics !== true)
    throw new SpikebridgeError('E_USAGE', 'nothing is generated without --statistics', {
      where: needing,
      fix: 'add --statistics, or leave it out',
      exitCode: 2,
    });
}
