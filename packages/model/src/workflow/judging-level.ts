// What is known of a target, and how its units may be paired, by the kind of net that is judged.
import { SpikebridgeError } from '../errors.ts';
import type { KnowledgeLevel } from '../evaluation/types.ts';
import type { SpikeNet } from '../nets/types.ts';
import type { UnitFreeNet } from '../nets/unit-free.ts';
import type { PairingChoice } from './target.ts';

/** What is known of the target where nothing is said: pairing by rank needs its rates, the others need nothing. */
export const levelOf = ({
  level,
  pairing,
}: {
  readonly level?: KnowledgeLevel;
  readonly pairing?: PairingChoice;
}): KnowledgeLevel => level ?? (pairing === 'rank' || pairing === 'free' ? 'rates' : 'none');

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
