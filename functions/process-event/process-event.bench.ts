import { concurrently } from '../../shared/runtime/concurrently.ts';
import { openErasures } from '../../shared/stores/erasures.ts';
import { openDataset, rowsAppender, tableAppender } from '../../shared/stores/history/history.ts';
import { openOptOuts } from '../../shared/stores/sites/opt-outs.ts';
import { openSites } from '../../shared/stores/sites/sites.ts';
import { openUnclaimed } from '../../shared/stores/sites/unclaimed.ts';
import { type Bench, type BenchResult, compare, type Figures } from '../../shared/testing/bench.ts';
import { capturedEvent, TEST_PROJECT } from '../../shared/testing/events.ts';
import { countOperations } from '../testing/count-operations.ts';
import { type OwnSystem, openOwnSystem } from '../testing/own-system.ts';
import { processEvent, type Stores } from './process-event.ts';

/** As many as one instance works on at once; see mesh.json. */
const AT_ONCE = 80;
const EVENTS = 800;
const ROUNDS = 2;

/** Stores that share nothing with those of another event. */
function storesAlone({ stores, db, env }: OwnSystem): Stores {
  const dataset = openDataset({
    projectId: process.env.GOOGLE_CLOUD_PROJECT ?? '',
    dataset: env.BIGQUERY_DATASET as string,
  });
  const keys = (key: { event_id: string; key?: unknown }) => `${key.event_id}/${key.key}`;
  // one client for all, as in an instance
  return {
    ...stores,
    get sites() {
      return openSites(db);
    },
    get optOuts() {
      return openOptOuts(db);
    },
    get unclaimed() {
      return openUnclaimed(db);
    },
    get erasures() {
      return openErasures(db);
    },
    history: { append: (table, row) => tableAppender(dataset, table)(row) },
    eventKeys: {
      append: ({ id, kind, receivedAt }, names, at) => {
        const row = { event_id: id, received_at: receivedAt, kind, processed_at: at.toISOString() };
        return rowsAppender(dataset, 'event_keys', keys)(names.map((key) => ({ ...row, key })));
      },
    },
  };
}

async function run(): Promise<BenchResult> {
  const given = process.env.MONGODB_URI as string;
  process.env.MONGODB_URI = `${given}?monitorCommands=true`;
  const system = await openOwnSystem([TEST_PROJECT]).finally(() => {
    process.env.MONGODB_URI = given;
  });
  let week = 0;
  // of today: what comes late costs a write more
  const startOfRun = Date.now() - 60_000;
  /** Every site reports once more. */
  const measure = (stores: Stores) => async (): Promise<Figures> => {
    week += 1;
    const objects: string[] = [];
    await concurrently(Array(EVENTS).keys(), AT_ONCE, async (site) => {
      const receivedAt = new Date(startOfRun + week * 1000 + site).toISOString();
      const payload = { url: `https://site-${site}.example` };
      objects.push(await system.receive(capturedEvent('track', { id: `report-${site}-${week}`, receivedAt, payload })));
    });
    const startedAt = performance.now();
    const counted = await countOperations(system.db, () =>
      concurrently(objects, AT_ONCE, (name) => processEvent({ name }, stores)),
    );
    const seconds = (performance.now() - startedAt) / 1000;
    const sum = (calls: Record<string, number>) => Object.values(calls).reduce((all, count) => all + count, 0);
    const calls = (count: number) => (count * 1000) / EVENTS;
    return {
      'events/s': EVENTS / seconds,
      insertsPerThousand: calls(sum(counted.inserts)),
      siteWritesPerThousand: calls(counted.commands['sites.update'] ?? 0),
      mongodbPerThousand: calls(sum(counted.commands)),
    };
  };
  try {
    const figures = await compare(
      { shared: measure(system.stores), alone: measure(storesAlone(system)) },
      { rounds: ROUNDS },
    );
    const { shared, alone } = figures;
    const writes = (shared.insertsPerThousand ?? 0) + (shared.siteWritesPerThousand ?? 0);
    return {
      figures,
      ratios: [
        {
          what: 'shared / alone, events/s',
          value: (shared['events/s'] as number) / (alone['events/s'] as number),
          atLeast: 3,
        },
        { what: 'writes per 1,000 events, shared', value: writes, atMost: 60 },
      ],
    };
  } finally {
    await system.close();
  }
}

export const bench: Bench = {
  title: `${AT_ONCE} events at once, on the emulators: calls that events share, against calls of each event alone`,
  run,
};
