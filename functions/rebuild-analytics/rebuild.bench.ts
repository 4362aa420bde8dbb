import type { LeaseDocument } from '../../shared/stores/figures/leases.ts';
import { applyIndexes } from '../../shared/stores/indexes.ts';
import type { Latest } from '../../shared/stores/mongodb.ts';
import type { SiteDocument } from '../../shared/stores/sites/sites.ts';
import type { Bench, BenchResult, Figures } from '../../shared/testing/bench.ts';
import { ownDatabase, ownDataset } from '../../shared/testing/stores.ts';
import { openStores } from './open-stores.ts';
import { rebuild, type Stores } from './rebuild.ts';
import { addPast, addReports, bytesOf, PROJECT, TODAY, YESTERDAY } from './testing/past-of-sites.ts';

const SITES = Number(process.env.SITEBEAT_BENCH_SITES ?? 100_000);
const SHORT_DAYS = 31;
const LONG_DAYS = 365;
/** Its work is the most of any hour's: both days anew, with all details of the one that is over, and the figures of many days. */
const NOW = new Date(`${TODAY}T02:07:00Z`);
/** When the one before began, for which yesterday was still today. */
const BEFORE = new Date(`${YESTERDAY}T23:07:00Z`);

/** The sites as MongoDB has them, as far as a rebuild looks at them. */
async function addSites({ db }: Latest): Promise<void> {
  await applyIndexes(db);
  const site = (n: number) => ({
    _id: `${PROJECT}:site-${n}.example`,
    project: PROJECT,
    site: `site-${n}.example`,
    environment: 'production',
    state: 'active',
    lastSeenAt: NOW,
    cloneOf: null,
  });
  const sites = db.collection<Pick<SiteDocument, keyof ReturnType<typeof site>>>('sites');
  for (let from = 0; from < SITES; from += 1000) {
    await sites.insertMany(Array.from({ length: Math.min(1000, SITES - from) }, (_, n) => site(from + n)) as never, {
      ordered: false,
    });
  }
}

/** A run at NOW, after one at BEFORE; its seconds by part, for which the parts of a kind that run side by side count one after the other. */
async function hourly(stores: Stores, { db }: Latest): Promise<Figures> {
  const doneSince = new Date(BEFORE.getTime() - 3_600_000);
  await db.collection<LeaseDocument>('leases').updateOne({ _id: 'rebuild' }, { $set: { doneSince } });
  await rebuild(stores, { now: BEFORE });
  const seconds: Figures = {};
  const timed = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const startedAt = performance.now();
    const result = await work();
    seconds[`${name}Seconds`] = (seconds[`${name}Seconds`] ?? 0) + (performance.now() - startedAt) / 1000;
    return result;
  };
  const [startedAt, cpu] = [performance.now(), process.cpuUsage()];
  await rebuild(
    {
      ...stores,
      history: {
        ...stores.history,
        query: (...query) => timed('queries', () => stores.history.query(...query)),
      },
      tables: {
        ...stores.tables,
        replace: (place, derivation) => timed(place.table, () => stores.tables.replace(place, derivation)),
      },
      publish: (published) => timed('publish', () => stores.publish(published)),
    },
    { now: NOW },
  );
  const { user, system } = process.cpuUsage(cpu);
  return {
    ...seconds,
    seconds: (performance.now() - startedAt) / 1000,
    cpuSeconds: (user + system) / 1e6,
    ...(await bytesOf(stores)),
  };
}

async function run(): Promise<BenchResult> {
  const [dataset, latest] = [await ownDataset(), ownDatabase()];
  try {
    const options = { projectId: dataset.projectId, dataset: String(dataset.id), maxBytesBilled: 2 ** 40 };
    const stores = openStores(options, latest.db, () => {});
    stores.projects = { customFieldKeys: async () => ['plan'] };
    await latest.db
      .collection<LeaseDocument>('leases')
      .insertOne({ _id: 'rebuild', holder: '', until: new Date(0), generation: 0 });
    await addSites(latest);
    await addReports(dataset, SITES);
    await addPast(stores, { sites: SITES, days: SHORT_DAYS });
    const short = await hourly(stores, latest);
    await addPast(stores, { sites: SITES, days: LONG_DAYS });
    const long = await hourly(stores, latest);
    const over = (figure: string) => (long[figure] as number) / (short[figure] as number);
    return {
      figures: { [`${SHORT_DAYS} days`]: short, [`${LONG_DAYS} days`]: long },
      ratios: [
        { what: 'bytes, a history of 365 days / 31', value: over('mib'), atMost: 1.2 },
        { what: 'CPU time, a history of 365 days / 31', value: over('cpuSeconds'), atMost: 1.2 },
        { what: `seconds, 365 days of ${SITES} sites`, value: long.seconds as number, atMost: 20 },
      ],
    };
  } finally {
    await dataset.delete({ force: true });
    await latest.db.dropDatabase();
    await latest.close();
  }
}

export const bench: Bench = {
  title: 'the largest rebuild of a day of a project of many sites, by how long its history is',
  run,
};
