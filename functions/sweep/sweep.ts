import type { Log } from '../../shared/runtime/log.ts';
import { together } from '../../shared/runtime/together.ts';
import type { Sites } from '../../shared/stores/sites/sites.ts';
import { askWaiting, type WaitingStores } from './ask-waiting.ts';
import { rejectUnclaimed, type UnclaimedStores } from './reject-unclaimed.ts';

export interface Stores extends UnclaimedStores, WaitingStores {
  sites: UnclaimedStores['sites'] & WaitingStores['sites'] & Pick<Sites, 'markSilent'>;
}

/** Of one run: more than fall silent between two, of millions; the others wait for the next. */
const MAX_SILENT = 20_000;

/** What a sweep did: deactivations rejected; sites whose mail lists were asked; sites that wait for their project's cap; sites that fell silent. */
export interface Swept extends Record<string, number> {
  rejected: number;
  asked: number;
  waiting: number;
  silent: number;
}

/**
 * Ends what waits: rejects what nobody claims, asks of the mail lists what is due, and notes which sites fell silent; what fails of
 * these keeps none of the others, and is thrown once they are done. Safe to repeat and to run twice at once.
 */
export async function sweep(stores: Stores, now: Date, log: Log): Promise<Swept> {
  const [rejected, { asked, waiting }, silent] = await together(
    rejectUnclaimed(stores, now),
    askAndTell(stores, now, log),
    stores.sites.markSilent(now, MAX_SILENT),
  );
  return { rejected, asked, waiting, silent };
}

async function askAndTell(stores: Stores, now: Date, log: Log): Promise<{ asked: number; waiting: number }> {
  const { asked, waiting, projects } = await askWaiting(stores, now);
  // of an attack, or of a cap that is too low, somebody must hear
  if (waiting > 0) log('WARNING', 'mail requests wait for the cap', { waiting, projects });
  return { asked, waiting };
}
