// Room that the browser lends this page, and whether it may take it back.
import { Observable } from './observable.ts';

export interface Room {
  /** Bytes in use, of those lent. */
  readonly used: number;
  readonly lent: number;
  /** False where the browser may clear what is kept when its disk gets short. */
  readonly lasting: boolean;
}

/** Null until the browser has told, or where it does not. */
export const room = new Observable<Room | null>(null);

export async function lookAtRoom(): Promise<void> {
  const told = await navigator.storage.estimate().catch(() => null);
  const lasting = await navigator.storage.persisted().catch(() => false);
  room.set(told === null ? null : { used: told.usage ?? 0, lent: told.quota ?? 0, lasting });
}

/** When something is kept: the browser may ask its user, or decide by itself. */
export async function askToLast(): Promise<void> {
  if (!(await navigator.storage.persisted().catch(() => true)))
    await navigator.storage.persist().catch(() => false);
  await lookAtRoom();
}
