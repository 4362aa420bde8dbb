import assert from 'node:assert/strict';
import { ownDatabase } from '../../testing/stores.ts';
import { applyIndexes } from '../indexes.ts';
import type { Latest } from '../mongodb.ts';
import { openSites, type SiteDocument, type Sites } from './sites.ts';

const NOW = new Date('2026-03-31T13:00:00.000Z');
const DAY_MS = 86_400_000;

describe('markSilent', () => {
  let latest: Latest;
  let sites: Sites;
  const documents = () => latest.db.collection<SiteDocument>('sites');
  const seen = (site: string, daysAgo: number, { left = false } = {}) => {
    const lastSeenAt = new Date(NOW.getTime() - daysAgo * DAY_MS);
    const stamp = `${lastSeenAt.toISOString()}/${site}`;
    const clock = { track: left ? null : stamp, deactivation: left ? stamp : null };
    return { _id: `p:${site}`, state: left ? 'left' : 'active', lastSeenAt, clock, revision: 1 } as SiteDocument;
  };
  const states = async () =>
    Object.fromEntries(
      (await documents().find().toArray()).map(({ _id, state, revision }) => [_id, [state, revision]]),
    );

  before(async () => {
    latest = ownDatabase();
    sites = openSites(latest.db);
    await applyIndexes(latest.db);
  });
  beforeEach(() => documents().deleteMany({}));
  after(async () => {
    await latest.db.dropDatabase();
    await latest.close();
  });

  it('makes silent who did not report for 30 days, the longest unseen first, as many as it may', async () => {
    await documents().insertMany([
      seen('a', 29),
      seen('b', 30),
      seen('c', 300),
      seen('d', 31),
      seen('e', 90, { left: true }),
    ]);
    assert.equal(await sites.markSilent(NOW, 2), 2);
    const first = {
      'p:a': ['active', 1],
      'p:b': ['active', 1],
      'p:c': ['silent', 2],
      'p:d': ['silent', 2],
      'p:e': ['left', 1],
    };
    assert.deepEqual(await states(), first);
    assert.equal(await sites.markSilent(NOW, 2), 1);
    assert.deepEqual(await states(), { ...first, 'p:b': ['silent', 2] });
    assert.equal(await sites.markSilent(NOW, 2), 0);
  });

  it('leaves as it is who reports at that moment', async () => {
    await documents().insertMany([seen('a', 40), seen('b', 41)]);
    const reporting = openSites({
      ...latest.db,
      collection: () =>
        new Proxy(documents(), {
          get: (collection, property) =>
            property !== 'bulkWrite'
              ? Reflect.get(collection, property).bind(collection)
              : async (...args: Parameters<typeof collection.bulkWrite>) => {
                  await documents().updateOne(
                    { _id: 'p:a', revision: 1 },
                    { $set: { lastSeenAt: NOW }, $inc: { revision: 1 } },
                  );
                  return collection.bulkWrite(...args);
                },
        }),
    } as unknown as Latest['db']);
    assert.equal(await reporting.markSilent(NOW, 1000), 1);
    assert.deepEqual(await states(), { 'p:a': ['active', 2], 'p:b': ['silent', 2] });
  });

  it('reads the sites that fell silent, and no others', async () => {
    const filter = { state: 'active' as const, lastSeenAt: { $lt: NOW } };
    const { queryPlanner } = await documents().find(filter).sort({ lastSeenAt: 1 }).explain();
    assert.deepEqual(queryPlanner.winningPlan.inputStage.keyPattern, { state: 1, lastSeenAt: 1 });
  });
});

describe('withMd5', () => {
  let latest: Latest;
  before(async () => {
    latest = ownDatabase();
    await applyIndexes(latest.db);
  });
  after(async () => {
    await latest.db.dropDatabase();
    await latest.close();
  });

  it('gives what tells whose a site is, the first seen first, and nothing of what it reported', async () => {
    const known = (project: string, day: number) => {
      const firstSeenAt = new Date(NOW.getTime() + day * DAY_MS);
      return { _id: `${project}:a.example`, project, site: 'a.example', firstSeenAt };
    };
    const [early, late, foreign] = [known('p', 1), known('q', 2), known('r', 0)];
    const reported = { plugins: [{ slug: 'a', name: 'A', version: '1' }], name: 'A site', revision: 3 };
    const documents = [late, early].map((site) => ({ ...site, ...reported, urlMd5s: ['other', 'wanted'] }));
    await latest.db
      .collection<SiteDocument>('sites')
      .insertMany([...documents, { ...foreign, urlMd5s: ['other'] }] as unknown as SiteDocument[]);
    const sites = openSites(latest.db);
    assert.deepEqual(await sites.withMd5('wanted'), [early, late]);
    assert.deepEqual(await sites.withMd5('wanted', 'q'), [late]);
  });
});
