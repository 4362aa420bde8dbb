import assert from 'node:assert/strict';
import { capturedRun } from '../../../functions/testing/captured-run.ts';
import { updateLatest } from '../../../functions/testing/update-latest.ts';
import type { Project } from '../../project/project.ts';
import { capturedEvent, TEST_PROJECT } from '../../testing/events.ts';
import { ownDatabase } from '../../testing/stores.ts';
import { applyIndexes, FORMER_INDEXES, hasIndex } from '../indexes.ts';
import type { Latest } from '../mongodb.ts';
import { openProjectsWriter } from '../projects-writer.ts';
import type { DeactivationDocument } from './deactivations.ts';
import { openRenewal } from './renewal.ts';
import type { SiteDocument } from './sites.ts';

const AT = '2026-03-09T07:00:00.000Z';
const NOW = new Date('2026-03-10T07:00:00.000Z');
const SITES = 12;
const [PLAN, FORMS, DOTS] = TEST_PROJECT.customFields as [
  Project['customFields'][0],
  Project['customFields'][0],
  Project['customFields'][0],
];
const FORMER = FORMER_INDEXES.sites?.[0] ?? {};

describe('openRenewal', () => {
  let latest: Latest;
  const sites = () => latest.db.collection<SiteDocument>('sites');
  const deactivations = () => latest.db.collection<DeactivationDocument>('deactivations');
  const renew = async () => {
    const renewal = openRenewal(latest.db, { settled: async () => {} });
    const [count, looked] = [await renewal.count(), { sum: 0 }];
    const renewed = await renewal.renew(NOW, (some) => {
      looked.sum += some;
    });
    return { ...renewed, count, looked: looked.sum };
  };
  const contents = async () => {
    const documents = [
      ...(await sites().find().sort({ _id: 1 }).toArray()),
      ...(await deactivations().find().toArray()),
    ];
    return documents.map(({ revision: _, ...said }) => said);
  };
  /** As the version before wrote them. */
  const makeOld = async (filter: object) => {
    for (const { _id, state } of await sites().find(filter).toArray()) {
      const names = ['state', 'versionKey', 'phpKey', 'wpKey', 'databaseKey', 'siteReversed', 'emailKey', 'c1'];
      const $unset = Object.fromEntries(names.map((name) => [name, 1 as const]));
      const status = state === 'left' ? 'deactivated' : 'active';
      await latest.db.collection<{ _id: string }>('sites').updateOne({ _id }, { $unset, $set: { status } });
    }
    await deactivations().updateMany({}, { $unset: { hasText: 1 } });
  };

  before(async () => {
    latest = ownDatabase();
    await applyIndexes(latest.db);
    const customFields = [{ ...PLAN, filterable: true as const }, FORMS, DOTS];
    await openProjectsWriter(latest.db).create({ ...TEST_PROJECT, customFields, listedBy: ['plan'] });
    for (let index = 0; index < SITES; index += 1) {
      const payload = { url: `https://site-${index}.example.org`, extra: { plan: 'pro', forms_count: index } };
      const userAgent = null;
      const events = [
        capturedEvent('track', { id: `track-${index}`, receivedAt: AT, payload, userAgent }),
        capturedEvent('deactivate', {
          id: `left-${index}`,
          receivedAt: '2026-03-09T08:00:00.000Z',
          payload,
          userAgent,
        }),
      ];
      for (const event of events.slice(0, 1 + (index % 2)))
        await updateLatest(event, latest.db, { publish: async () => {} });
    }
  });
  after(async () => {
    await latest.db.dropDatabase();
    await latest.close();
  });

  it('makes of what earlier versions wrote what is written now, and nothing of that once more', async () => {
    const before = await contents();
    await makeOld({});
    assert.notDeepEqual(await contents(), before);
    const half = SITES / 2;
    assert.deepEqual(await renew(), { sites: SITES, deactivations: half, count: SITES + half, looked: SITES + half });
    assert.deepEqual(await contents(), before);
    assert.deepEqual(await renew(), { sites: 0, deactivations: 0, count: 0, looked: 0 });
  });

  it('goes on where it was broken off', async () => {
    const before = await contents();
    await makeOld({ site: { $lt: 'site-3' } });
    const old = await sites().countDocuments({ state: null as never });
    assert.ok(old > 0 && old < SITES);
    assert.equal((await renew()).sites, old);
    assert.deepEqual(await contents(), before);
  });

  it('says silent of who has been so for long', async () => {
    await makeOld({});
    await openRenewal(latest.db, { settled: async () => {} }).renew(new Date('2026-09-01'), () => {});
    assert.deepEqual((await sites().distinct('state')).sort(), ['left', 'silent']);
  });

  it('writes the sites of a project for its filterable fields, once no instance works by its former ones', async () => {
    const projects = openProjectsWriter(latest.db);
    const customFields = [PLAN, { ...FORMS, filterable: true as const }, DOTS];
    await projects.update(TEST_PROJECT.hash, { customFields });
    const late = { _id: `${TEST_PROJECT.hash}:site-9.example.org` };
    const renewal = openRenewal(latest.db, { settled: () => sites().updateOne(late, { $set: { c1: 'pro' } }) });
    assert.equal(await renewal.count(), SITES);
    assert.equal((await renewal.renew(NOW, () => {})).sites, SITES);
    const values = (await sites().find().toArray()).map(({ c1, customFields: { forms_count: forms } }) => c1 === forms);
    assert.deepEqual(new Set(values), new Set([true]));
    assert.deepEqual((await projects.find(TEST_PROJECT.hash))?.listedBy, ['forms_count']);
    assert.equal(await renewal.count(), 0);
  });

  it('takes no project for done whose filterable fields change meanwhile', async () => {
    const projects = openProjectsWriter(latest.db);
    const marked = (key: string) => ({
      customFields: [PLAN, FORMS, DOTS].map((field) =>
        field?.key === key ? { ...field, filterable: true as const } : field,
      ),
      listedBy: [],
    });
    await projects.update(TEST_PROJECT.hash, marked('plan'));
    const renewal = openRenewal(latest.db, {
      settled: () => projects.update(TEST_PROJECT.hash, marked('forms_count')),
    });
    await renewal.renew(NOW, () => {});
    assert.deepEqual((await projects.find(TEST_PROJECT.hash))?.listedBy, []);
    assert.equal((await renew()).sites, SITES);
  });

  it('is what sitebeat setup does, which drops the former index when nothing of an earlier version is left', async () => {
    await latest.db.collection('sites').createIndex(FORMER as never);
    // an instance of the earlier version left this beside what the new one wrote
    await latest.db.collection('sites').updateOne({ site: 'site-2.example.org' }, { $set: { status: 'active' } });
    const uri = new URL(process.env.MONGODB_URI ?? '');
    uri.pathname = `/${latest.db.databaseName}`;
    const { exitCode, stdout, stderr } = await capturedRun(['setup', '--json'], { MONGODB_URI: uri.href });
    assert.equal(exitCode, 0, stderr);
    const { renewed, dropped } = JSON.parse(stdout);
    assert.deepEqual([renewed, dropped], [{ sites: 1, deactivations: 0 }, [`sites ${JSON.stringify(FORMER)}`]]);
    assert.equal(await latest.db.collection('sites').countDocuments({ status: { $exists: true } }), 0);
    assert.equal(await hasIndex(latest.db, 'sites', FORMER), false);
  });

  it('finds by an index what is to be renewed', async () => {
    const { queryPlanner } = await sites()
      .find({ state: null as never })
      .explain();
    assert.deepEqual(queryPlanner.winningPlan.inputStage.keyPattern, { state: 1, lastSeenAt: 1 });
  });
});
