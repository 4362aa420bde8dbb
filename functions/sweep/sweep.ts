import type { Log } from '../../shared/runtime/log.ts';
import { askWaiting, type WaitingStores } from './ask-waiting.ts';
import { rejectUnclaimed, type UnclaimedStores } from './reject-unclaimed.ts';

export interface Stores extends UnclaimedStores, WaitingStores {
  sites: UnclaimedStores['sites'] & WaitingStores['sites'];
}

/** What a sweep did: deactivations rejected; sites whose mail lists were asked; sites that wait for their project's cap. */
export interface Swept extends Record<string, number> {
  rejected: number;
  asked: number;
  waiting: number;
}

/** Ends what waits: rejects what nobody claims, and asks of the mail lists what is due. Safe to repeat and to run twice at once. */
export async function sweep(stores: Stores, now: Date, log: Log): Promise<Swept> {
  const rejected = await rejectUnclaimed(stores, now);
  const { asked, waiting, projects } = await askWaiting(stores, now);
  // of an attack, or of a cap that is too low, somebody must hear
  if (waiting > 0) log('WARNING', 'mail requests wait for the cap', { waiting, projects });
  return { rejected, asked, waiting };
}
