import { randomUUID } from 'node:crypto';
import { rejectionOf } from '../../../shared/report/interpret.ts';
import { PermanentError } from '../../../shared/runtime/errors.ts';
import type { SiteDocument } from '../../../shared/stores/sites/sites.ts';
import { type Handler, PROCESS_EVENT } from './faultless.ts';

/** process-event with one mistake, by what is wrong. */
export const BROKEN_HANDLERS = {
  'answers before it has written': (stores, db) => async (object) => {
    const event = await stores.archive.read(object.name);
    if (event !== undefined) PROCESS_EVENT(stores, db)(object).catch(() => {});
  },

  'replaces a site that another one wrote meanwhile': (stores, db) => {
    const collection = db.collection<SiteDocument>('sites');
    const sites: typeof stores.sites = {
      ...stores.sites,
      update: async (_id, merge) => {
        const known = (await collection.findOne({ _id })) ?? undefined;
        const merged = merge(known);
        const { _id: _, ...rest } = { ...merged, revision: (known?.revision ?? 0) + 1 };
        if (merged !== known) await collection.replaceOne({ _id }, rest as SiteDocument, { upsert: true });
        return { ...rest, _id };
      },
    };
    return PROCESS_EVENT({ ...stores, sites }, db);
  },

  'gives each row an id of its own': (stores, db) => {
    const history: typeof stores.history = {
      append: (table, row) => stores.history.append(table, { ...row, event_id: randomUUID() }),
    };
    return PROCESS_EVENT({ ...stores, history }, db);
  },

  'rejects what only failed for now': (stores, db) => async (object) => {
    await PROCESS_EVENT(
      stores,
      db,
    )(object).catch(async () => {
      const { id, kind, hour } = object;
      const error = new PermanentError('invalid_object', null, 'it could not be read');
      await stores.rejections.append(rejectionOf({ id, kind, receivedAt: hour.toISOString(), payload: {} }, error));
    });
  },
} satisfies Record<string, Handler>;
