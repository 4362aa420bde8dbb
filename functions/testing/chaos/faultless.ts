import type { Db } from 'mongodb';
import type { ObjectReference } from '../../../shared/event/notification.ts';
import { rejectionOfObject } from '../../../shared/event/rejection.ts';
import { openCohorts } from '../../../shared/runtime/cohorts.ts';
import { handleEvent } from '../../../shared/runtime/handle-event.ts';
import { openLargeObjects } from '../../../shared/stores/archive/work-in-turn.ts';
import { processEvent, type Stores } from '../../process-event/process-event.ts';
import { sweep } from '../../sweep/sweep.ts';
import { mongodbStores } from './chaos-system.ts';
import { type Outcome, readDocuments, rowText, type Scope } from './outcome.ts';

/** What works on an object, with the stores of an instance and the database that some of them are in. */
export type Handler = (stores: Stores, db: Db) => (object: ObjectReference) => Promise<void>;

/** process-event, put together as in its index.ts. */
export const PROCESS_EVENT: Handler = (stores) =>
  handleEvent({
    decode: (object) => object as ObjectReference,
    work: (object) => processEvent(object, stores),
    reject: (object, error) => stores.rejections.append(rejectionOfObject(object, error)),
    log: () => {},
  });

/** By then the sweep rejects what nobody claimed. */
const SWEPT_AFTER_MS = 2 * 3_600_000;

/** When the sweep comes that ends what waits. */
export function sweptAt({ until }: Scope): Date {
  return new Date(until.getTime() + SWEPT_AFTER_MS);
}

/**
 * What the stores hold when these objects are worked on one after the other, in the order of time, without a fault. `db` is for
 * that alone; of BigQuery it is what would be appended.
 */
export async function faultlessOutcome(
  objects: Iterable<ObjectReference>,
  { archive, countryOf }: Pick<Stores, 'archive' | 'countryOf'>,
  db: Db,
  scope: Scope,
): Promise<Outcome> {
  const rows = new Set<string>();
  const indexed = new Set<string>();
  const stores: Stores = {
    ...mongodbStores(db),
    archive,
    largeObjects: openLargeObjects(),
    cohorts: openCohorts(),
    countryOf,
    history: { append: async (table, row) => void rows.add(rowText(table, row)) },
    rejections: {
      append: async ({ eventId, projectHash, reason }) =>
        void rows.add(rowText('rejections', { event_id: eventId, project_hash: projectHash, reason })),
    },
    eventKeys: { append: async ({ id }, keys) => void (keys.length > 0 && indexed.add(id)) },
    subscribers: { publish: async () => {} },
    now: () => scope.from,
  };
  const work = PROCESS_EVENT(stores, db);
  for (const object of objects) await work(object);
  await sweep(stores, sweptAt(scope), () => {});
  return { rows: [...rows].sort(), indexed: [...indexed].sort(), documents: await readDocuments(db, scope) };
}
