import { randomUUID } from 'node:crypto';
import { concurrently } from '../../../shared/runtime/concurrently.ts';
import { openArchive } from '../../../shared/stores/archive/archive.ts';
import { type ErasureDocument, openErasures } from '../../../shared/stores/erasures.ts';
import { openSiteHistory } from '../../../shared/stores/history/site-history.ts';
import { CommandFailure, EXIT } from '../command-failure.ts';
import { type Output, section, type Terminal } from '../terminal.ts';
import type { RecoveryStores } from './recovery-stores.ts';
import { HOUR_MS, type Selection, selectObjects } from './select-objects.ts';
import { countObjects } from './send-again.ts';
import { workThrough } from './work-through.ts';

export interface PurgeOptions extends Output {
  olderThan: number;
  dryRun?: true;
  yes?: true;
}

interface PurgeResult {
  /** Null when nothing was removed. */
  receipt: string | null;
  receivedBefore: Date;
  objects: number;
  removed: number;
  /** Left to a later run. */
  refused: number;
}

const REMOVALS_AT_ONCE = 32;
const BATCH = 1000;

/** Removes the objects of projects that nobody here has, and the index's rows of them; the rejections stay. */
export async function purge(options: PurgeOptions, stores: RecoveryStores, terminal: Terminal): Promise<void> {
  const startedAt = new Date();
  const cutoff = startedAt.getTime() - options.olderThan * 24 * HOUR_MS;
  const selection: Selection = {
    from: new Date(0),
    to: new Date(Math.floor(cutoff / HOUR_MS) * HOUR_MS),
    only: 'rejected',
    reason: 'unknown_project',
    // one that was made since is no stranger's any more: its events may still be replayed
    exceptProjects: (await stores.projectsWriter.list()).map(({ hash }) => hash),
  };
  const { objects } = await countObjects(selectObjects(selection, stores), terminal);
  const plan = { receipt: null, receivedBefore: selection.to, objects, removed: 0, refused: 0 };
  if (options.dryRun || objects === 0) return terminal.result<PurgeResult>(plan, resultText, options);
  terminal.note(resultText(plan));
  if (!options.yes) await terminal.confirm('Remove these objects for good?');
  const { receipt, refused } = await removeAll(selection, { objects, startedAt }, stores, terminal);
  const removed = receipt.removed.archive;
  terminal.result<PurgeResult>({ ...plan, receipt: receipt._id, removed, refused }, resultText, options);
  if (refused > 0) {
    throw new CommandFailure(
      EXIT.found,
      `${refused} are still in BigQuery's streaming buffer: run it again in 90 minutes`,
    );
  }
}

async function removeAll(
  selection: Selection,
  { objects, startedAt }: { objects: number; startedAt: Date },
  stores: RecoveryStores,
  terminal: Terminal,
): Promise<{ receipt: ErasureDocument; refused: number }> {
  const [archive, history] = [openArchive(stores.config), openSiteHistory(stores.config)];
  const erasures = openErasures(stores.db);
  const receipt = receiptOf(selection, startedAt);
  let refused = 0;
  // it stands before anything is gone, and says at each moment what is
  await erasures.put(receipt);
  const work = async (names: string[]) => {
    // the index before the objects: what is refused is found again by them
    const rows = await history.remove('event_keys', names);
    receipt.removed.bigquery.event_keys = (receipt.removed.bigquery.event_keys ?? 0) + rows.rows;
    if (rows.refused) refused += names.length;
    else {
      await concurrently(names, REMOVALS_AT_ONCE, async (name) => {
        if (await archive.remove(name)) receipt.removed.archive += 1;
      });
    }
    await erasures.put(receipt);
  };
  const removing = { what: 'removing objects', total: objects, batchSize: BATCH, goesOnAfter: false, work };
  await workThrough(selectObjects(selection, stores), removing, terminal);
  receipt.status = 'done';
  receipt.finishedAt = new Date();
  await erasures.put(receipt);
  return { receipt, refused };
}

function receiptOf({ to }: Selection, startedAt: Date): ErasureDocument {
  return {
    _id: randomUUID(),
    project: '',
    keys: [],
    by: 'purge',
    status: 'pending',
    requestedAt: startedAt,
    erasedAt: to,
    finishedAt: null,
    removed: { archive: 0, mongodb: {}, bigquery: { event_keys: 0 } },
    pending: null,
  };
}

function resultText({ receipt, receivedBefore, objects, removed, refused }: PurgeResult): string {
  return section([
    ['received before', receivedBefore.toISOString()],
    ["strangers' objects", objects],
    ...(receipt === null
      ? []
      : ([
          ['removed', removed],
          ['left for later', refused],
          ['receipt', receipt],
        ] as [string, string | number][])),
  ]);
}
