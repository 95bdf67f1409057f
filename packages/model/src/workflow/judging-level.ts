// What is known of a target, and how its units may be paired, by the kind of net that is judged.
import { SpikebridgeError } from '../errors.ts';
import type { KnowledgeLevel } from '../evaluation/types.ts';
import type { SpikeNet } from '../nets/types.ts';
import type { UnitFreeNet } from '../nets/unit-free.ts';
import type { PairingChoice } from './target.ts';

/** What may be said of how a run is judged. */
export interface JudgingChoice {
  /** Another recording is named. */
  readonly data?: unknown;
  readonly level?: KnowledgeLevel;
  readonly pairing?: PairingChoice;
  /** Only the last seconds of the target's training part are known. */
  readonly calibrationSeconds?: number;
}

/** What is known of the target where nothing is said: pairing by rank needs its rates, the others need nothing. */
export const levelOf = ({ level, pairing }: Pick<JudgingChoice, 'level' | 'pairing'>): KnowledgeLevel =>
  level ?? (pairing === 'rank' || pairing === 'free' ? 'rates' : 'none');

/** A transformer needs a pairing, a unit-free net has none. @throws E_PAIR_FREE */
export function checkPairing(pairing: PairingChoice | undefined, { kind }: SpikeNet | UnitFreeNet): void {
  const paired = pairing !== undefined && pairing !== 'within' && pairing !== 'free';
  if (kind === 'transformer' ? pairing !== 'free' : !paired) return;
  throw new SpikebridgeError(
    'E_PAIR_FREE',
    kind === 'transformer'
      ? 'the columns of a transformer are the units of its source'
      : 'a unit-free net has no units to pair',
    {
      where: `--pairing ${pairing ?? ''}`,
      fix:
        kind === 'transformer'
          ? 'pair by index, rank or random, or train with --net unit-free'
          : 'leave it out',
      exitCode: 2,
    },
  );
}

/**
 * What is asked for, with what the run's net decides: a unit-free one is judged at its own level and needs no pairing, a transformer needs
 * one. @throws E_USAGE
 */
export function judgedAs<T extends JudgingChoice>(flags: T, net: SpikeNet | UnitFreeNet): T {
  const decided =
    net.kind === 'unit-free'
      ? {
          ...flags,
          level: flags.level ?? net.config.level,
          ...(flags.data === undefined && flags.pairing === undefined
            ? {}
            : { pairing: flags.pairing ?? 'free' }),
        }
      : flags;
  checkPairing(decided.pairing, net);
  if (flags.calibrationSeconds !== undefined && levelOf(decided) === 'none')
    throw new SpikebridgeError('E_USAGE', 'at level none nothing of the target is known, not even a second', {
      where: '--calibration-seconds',
      fix: 'leave it out, or say with --level what those seconds may tell',
      exitCode: 2,
    });
  return decided;
}
