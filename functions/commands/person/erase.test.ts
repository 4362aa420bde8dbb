import assert from 'node:assert/strict';
import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers/promises';
import { BigQuery } from '@google-cloud/bigquery';
import sinon from 'sinon';
import type { StoredEvent } from '../../../shared/event/envelope.ts';
import { type Kind, objectName } from '../../../shared/event/object-name.ts';
import type { Project } from '../../../shared/project/project.ts';
import { urlMd5 } from '../../../shared/report/site-id.ts';
import { type ErasureDocument, openErasures } from '../../../shared/stores/erasures.ts';
import type { SiteDocument } from '../../../shared/stores/sites/sites.ts';
import { capturedEvent, TEST_PROJECT } from '../../../shared/testing/events.ts';
import { inProof } from '../../../shared/testing/in-proof.ts';
import { processEvent } from '../../process-event/process-event.ts';
import { capturedRun } from '../../testing/captured-run.ts';
import { type OwnSystem, openOwnSystem, userAgentOf } from '../../testing/own-system.ts';

const OTHER_PROJECT: Project = { ...TEST_PROJECT, hash: '0b7a6a0e-1111-4222-8333-444455556666', slug: 'other' };
const URL_OF_ADA = 'https://ada.example.org';
const ADA = { admin_email: 'Ada@Example.org', first_name: 'Ada', last_name: 'Lovelace' };
const BOB = { admin_email: 'bob@example.org', first_name: 'Bob', last_name: 'Bell' };

const HELD_ROWS = {
  sites: 3,
  deactivations: 2,
  tracking_skips: 1,
  rejections: 1,
  event_keys: 11,
  site_days: 0,
  site_lives: 0,
};

let events = 0;

/** An event of a site, a second after the one before. */
function eventOf(
  kind: Kind,
  url: string,
  { userAgent = userAgentOf(url), ...payload }: Record<string, unknown> = {},
): StoredEvent {
  events += 1;
  return capturedEvent(kind, {
    id: `${kind}-of-erase-${events}`,
    receivedAt: new Date(Date.parse('2026-03-09T07:00:00.000Z') + events * 1000).toISOString(),
    userAgent: userAgent as string,
    payload: { ...(kind !== 'tracking-skipped' && { url, ...ADA }), ...payload },
  });
}

/** Everything that a site can leave behind; gives one more event, which nobody has received yet. */
async function live(system: OwnSystem, url: string, person: typeof ADA): Promise<StoredEvent> {
  await system.process(eventOf('track', url, person));
  await system.processTogether(
    eventOf('tracking-skipped', url),
    eventOf('deactivate', `${url}/?lang=de`, { ...person, userAgent: userAgentOf(`${url}/?lang=de`) }),
    // client 1.2.3: no project, no url
    eventOf('deactivate', url, { hash: undefined, url: undefined, admin_email: undefined, first_name: undefined }),
    // rejected: the url is no url
    eventOf('track', url, { ...person, url: 'http://' }),
    eventOf('track', url.replace('https://', 'http://www.'), person),
  );
  return eventOf('track', `${url}:443//`, person);
}

describe('sitebeat erase', () => {
  let system: OwnSystem;
  beforeEach(async () => {
    system = await openOwnSystem([TEST_PROJECT, OTHER_PROJECT]);
  });
  afterEach(() => system.close());

  const erase = async (...args: string[]) => {
    const run = await capturedRun(['erase', '--json', '--settle', '0', ...args], system.env);
    return { ...run, result: run.stdout === '' ? undefined : JSON.parse(run.stdout) };
  };
  const receipts = () =>
    system.db
      .collection<ErasureDocument>('erasures')
      .find({ of: { $exists: false } })
      .toArray();
  const late = async () => (await openErasures(system.db).pending()).flatMap((receipt) => receipt.late ?? []);
  const ofAda = ['--project', 'test', '--site', 'http://WWW.ada.example.org/'];

  it('removes a site from every store, says so first on standard error, and leaves everything else as it was', async () => {
    await live(system, 'https://bob.example.org', BOB);
    const bobs = await system.contents();
    await live(system, URL_OF_ADA, ADA);
    const adas = Object.keys(await system.contents()).filter((place) => !(place in bobs));
    // another plugin on the same site: the same url, the same md5
    await system.process(
      ...['track', 'tracking-skipped'].map((kind) =>
        eventOf(kind as Kind, URL_OF_ADA, { ...BOB, hash: OTHER_PROJECT.hash }),
      ),
    );
    const others = Object.entries(await system.contents()).filter(([place]) => !adas.includes(place));
    const { exitCode, result, stderr } = await erase(...ofAda);
    assert.equal(exitCode, 0, stderr);
    assert.equal(result.status, 'done');
    assert.deepEqual(result.removed, {
      archive: 6,
      mongodb: { sites: 1, deactivations: 1, optOuts: 1, unclaimed: 0, mentions: 0 },
      bigquery: HELD_ROWS,
    });
    assert.match(stderr, /^sites +ada\.example\.org\nPLACE +WHAT +HOW MANY\narchive +objects +6\nMongoDB +sites +1/);
    assert.deepEqual(await system.contents(), Object.fromEntries(others));
  });

  it('removes what was made of the history, and leaves what is counted', async () => {
    await system.process(eventOf('track', URL_OF_ADA));
    const dataset = new BigQuery({ projectId: process.env.GOOGLE_CLOUD_PROJECT ?? '' }).dataset(
      system.env.BIGQUERY_DATASET ?? '',
    );
    const [day, from_day] = ['2026-03-09', '2026-03-09'];
    const named = ['ada.example.org', 'bob.example.org'].map((site) => ({ project_hash: TEST_PROJECT.hash, site }));
    const elsewhere = { project_hash: OTHER_PROJECT.hash, site: 'ada.example.org' };
    await dataset.table('site_days').insert([...named, elsewhere].map((row) => ({ ...row, day })));
    await dataset.table('site_lives').insert([...named, elsewhere].map((row) => ({ ...row, from_day, number: 1 })));
    await dataset.table('project_days').insert([{ project_hash: TEST_PROJECT.hash, day, active: 2 }]);
    const shown = await capturedRun(['show-site', '--json', ...ofAda], system.env);
    const { bigquery } = JSON.parse(shown.stdout);
    assert.deepEqual([bigquery.site_days.length, bigquery.site_lives.length], [1, 1]);
    const { result, stderr } = await erase(...ofAda);
    assert.equal(result.status, 'done', stderr);
    assert.deepEqual([result.removed.bigquery.site_days, result.removed.bigquery.site_lives], [1, 1]);
    const left = async (table: string, where: string) =>
      (await dataset.query(`SELECT * FROM \`${dataset.id}.${table}\` WHERE ${where}`))[0].length;
    assert.deepEqual(
      [
        await left('site_days', `day = '${day}'`),
        await left('site_lives', 'TRUE'),
        await left('project_days', `day = '${day}'`),
      ],
      [2, 2, 1],
    );
  });

  it('removes every site of an address, also where only the archive has it, and leaves a receipt in which nobody can be found', async () => {
    await system.process(eventOf('track', 'https://bob.example.org', BOB));
    const others = await system.contents();
    await live(system, URL_OF_ADA, ADA);
    await system.process(
      // never opted in: no store has the address
      eventOf('deactivate', 'https://ada-2.example.org', { user_email: 'ADA@example.org', admin_email: undefined }),
      eventOf('track', 'https://ada-3.example.org'),
      eventOf('track', 'https://ada-3.example.org', { admin_email: 'Ada <ada@EXAMPLE.org>' }),
    );
    const { exitCode, result, stderr } = await erase('--project', TEST_PROJECT.hash, '--email', 'ada@EXAMPLE.org');
    assert.equal(exitCode, 0, stderr);
    assert.deepEqual([result.status, result.by, result.removed.archive], ['done', 'email', 9]);
    assert.deepEqual(await system.contents(), others);
    const [receipt] = await receipts();
    const written = await system.db.collection('erasures').find().toArray();
    assert.doesNotMatch(JSON.stringify(written), /ada\W|lovelace|example|"[0-9a-f]{32}"/i);
    assert.deepEqual([receipt?.status, receipt?.pending], ['done', null]);
  });

  it('only says what it would remove with --dry-run', async () => {
    await live(system, URL_OF_ADA, ADA);
    const before = await system.contents();
    const { exitCode, result } = await erase(...ofAda, '--dry-run');
    assert.equal(exitCode, 0);
    assert.deepEqual(result, {
      status: 'dry run',
      sites: ['ada.example.org'],
      removes: {
        archive: 6,
        mongodb: { sites: 1, deactivations: 1, optOuts: 1, unclaimed: 0, mentions: 0 },
        bigquery: HELD_ROWS,
      },
    });
    assert.deepEqual(await system.contents(), before);
    assert.deepEqual(await receipts(), []);
  });

  it('does not write what was received before and comes late, whose object the next run removes', async () => {
    const waiting = await live(system, URL_OF_ADA, ADA);
    const asOthers = { ...eventOf('track', URL_OF_ADA), payload: { ...waiting.payload, hash: OTHER_PROJECT.hash } };
    const delivered = [waiting, eventOf('tracking-skipped', URL_OF_ADA), asOthers];
    await erase(...ofAda);
    await system.process(...delivered);
    const ofOthers = Object.keys(await system.contents()).filter((place) => place.includes(asOthers.id));
    assert.equal(ofOthers.filter((place) => place.startsWith('sites/')).length, 1);
    const [receipt] = await receipts();
    assert.deepEqual([receipt?.status, (await late()).length], ['pending', 2]);
    assert.equal(await system.db.collection('sites').countDocuments({ project: TEST_PROJECT.hash }), 0);
    const places = Object.keys(await system.contents()).filter((place) => place.includes(waiting.id));
    assert.deepEqual(
      places.map((place) => place.split('/')[0]),
      ['event_keys', 'event_keys', 'rejections', 'track'],
    );
    const { exitCode, result } = await erase('--resume');
    assert.deepEqual([exitCode, result[0].status, result[0].removed.archive], [0, 'done', 8]);
    const left = Object.keys(await system.contents());
    assert.deepEqual(
      left.filter(
        (place) => place.includes(TEST_PROJECT.hash) || delivered.slice(0, 2).some(({ id }) => place.includes(id)),
      ),
      [],
    );
    assert.deepEqual((await erase('--resume')).result, []);
  });

  it('takes a later report for a new start', async () => {
    await system.process(eventOf('track', URL_OF_ADA));
    await erase(...ofAda);
    const later = { ...eventOf('track', URL_OF_ADA), receivedAt: new Date().toISOString() };
    await system.process(later);
    assert.equal(await system.db.collection('sites').countDocuments(), 1);
    assert.equal((await receipts())[0]?.status, 'done');
  });

  it('knows an address in a late event, in any spelling and field', async () => {
    await system.process(eventOf('track', URL_OF_ADA));
    await erase('--project', 'test', '--email', 'ada@example.org');
    const delivered = eventOf('deactivate', 'https://eve.example.org', {
      admin_email: 'eve@example.org',
      reason_info: 'ask <ADA@Example.org>',
    });
    await system.process(delivered);
    assert.deepEqual(await system.db.collection('sites').find({ site: 'eve.example.org' }).toArray(), []);
    assert.equal((await late()).length, 1);
  });

  it('removes what a function had looked up before and writes afterwards', async () => {
    await system.process(eventOf('track', URL_OF_ADA));
    const waiting = eventOf('track', `${URL_OF_ADA}:443//`);
    const work = [
      async () => {
        assert.equal(await system.db.collection('sites').countDocuments(), 0);
        const name = await system.receive(waiting);
        const erasures = { ...system.stores.erasures, isErased: async () => false };
        await processEvent({ name }, { ...system.stores, erasures });
      },
    ];
    // what is under way ends while the command waits for it, however slow the machine is
    const { setTimeout: sleep } = timers;
    const waits = sinon.stub(timers, 'setTimeout').callsFake(async (ms, ...rest) => {
      if (ms !== 600_000) return sleep(ms, ...rest);
      await work.shift()?.();
      return rest[0] as never;
    });
    syncBuiltinESMExports();
    try {
      const { exitCode, result } = await erase(...ofAda, '--settle', '600');
      assert.deepEqual([exitCode, result.status, result.removed.mongodb.sites], [0, 'done', 2]);
    } finally {
      waits.restore();
      syncBuiltinESMExports();
    }
    assert.deepEqual(await system.contents(), {});
  });

  inProof("takes no other site's opt-outs, whose md5 was sent along", async () => {
    await system.process(
      ...(['track', 'tracking-skipped'] as const).map((kind) => eventOf(kind, 'https://bob.example.org')),
    );
    const others = await system.contents();
    await system.process(eventOf('track', URL_OF_ADA, { userAgent: userAgentOf('https://bob.example.org') }));
    const forged = `sites/${TEST_PROJECT.hash}:ada.example.org`;
    assert.match((await system.contents())[forged] ?? '', /"optOut":"2026/);
    await erase(...ofAda);
    assert.deepEqual(await system.contents(), others);
  });

  it('finishes a run that was interrupted, by the digests of its receipt', async () => {
    await system.process(eventOf('track', 'https://bob.example.org', BOB));
    const others = await system.contents();
    await system.process(eventOf('track', URL_OF_ADA), eventOf('track', `${URL_OF_ADA}:443//`));
    const held = await system.contents();
    await erase(...ofAda);
    const [receipt] = await receipts();
    const id = Object.keys(held).filter((place) => !(place in others));
    const objects = id.filter((place) => place.endsWith('.json'));
    const restored = JSON.parse(held[`sites/${TEST_PROJECT.hash}:ada.example.org`] as string);
    await system.db.collection('sites').insertOne({ ...restored, firstSeenAt: new Date(restored.firstSeenAt) });
    await system.db
      .collection<ErasureDocument>('erasures')
      .updateOne({ _id: receipt?._id ?? '' }, { $set: { status: 'pending', pending: { tables: ['sites'], objects } } });
    const { exitCode, result } = await erase('--resume');
    assert.deepEqual([exitCode, result.length, result[0].status], [0, 1, 'done']);
    assert.deepEqual(await system.contents(), others);
    assert.deepEqual((await erase('--resume')).result, []);
  });

  describe("what other sites' documents say", () => {
    const URL_OF_BOB = 'https://bob.example.org';
    const sites = () => system.db.collection<SiteDocument>('sites');
    const ofBob = () => sites().findOne({ site: 'bob.example.org' });
    const words = (places: Record<string, string>) =>
      Object.entries(places).filter((entry) => /ada[.@]|example\.org\/ada/i.test(entry.join(' ')));

    it('has an erased site neither as what they are copies of, nor by its md5', async () => {
      const bobs = eventOf('track', URL_OF_BOB, BOB);
      await system.process(bobs, eventOf('track', URL_OF_ADA));
      const named = { cloneOf: 'ada.example.org', revision: 7 };
      await sites().updateOne({ site: 'bob.example.org' }, { $set: named, $push: { urlMd5s: urlMd5(URL_OF_ADA) } });
      const { result, stderr } = await erase(...ofAda);
      assert.deepEqual([result.status, result.removed.mongodb.mentions], ['done', 1], stderr);
      const { cloneOf, urlMd5s, revision } = (await ofBob()) as SiteDocument;
      assert.deepEqual([cloneOf, urlMd5s.includes(urlMd5(URL_OF_ADA)), revision], [null, false, 8]);
      assert.deepEqual(words(await system.contents()), []);
    });

    /** Somebody else's events, in which an address stands. */
    const mentions = () => [
      eventOf('track', URL_OF_BOB, BOB),
      eventOf('deactivate', URL_OF_BOB, { ...BOB, reason_info: 'ask ada@example.org' }),
      eventOf('track', URL_OF_BOB, { ...BOB, extra: { plan: 'Ada <ADA@example.org>' } }),
      eventOf('track', 'https://eve.example.org', { ...BOB, url: 'see eve.example.org, ada@example.org' }),
    ];

    it('has an erased address no longer, and nor has any event', async () => {
      await live(system, URL_OF_ADA, ADA);
      await system.process(...mentions());
      const { result, stderr } = await erase('--project', 'test', '--email', 'Ada@Example.org');
      assert.deepEqual([result.status, result.removed.mongodb.mentions], ['done', 2], stderr);
      assert.deepEqual(words(await system.contents()), []);
      const bob = (await ofBob()) as SiteDocument;
      assert.deepEqual([bob.adminEmail, bob.customFields, bob.deactivation?.reasonInfo], ['bob@example.org', {}, null]);
      assert.equal((await system.db.collection('deactivations').findOne())?.reasonInfo, null);
    });

    inProof('loses it also when the run was interrupted, and is finished by the receipt alone', async () => {
      await live(system, URL_OF_ADA, ADA);
      await system.process(...mentions());
      await erase('--project', 'test', '--email', 'ada@example.org');
      const [receipt] = await receipts();
      const again = mentions();
      // a run that put its receipt, and did no more
      await system.db.collection('erasures').deleteMany({});
      await system.process(...again);
      const objects = again.slice(1).map(({ kind, receivedAt, id }) => objectName(kind, receivedAt, id));
      await openErasures(system.db).put({
        ...(receipt as ErasureDocument),
        status: 'pending',
        pending: { tables: [], objects },
      });
      const { exitCode, result } = await erase('--resume');
      assert.deepEqual([exitCode, result[0].removed.mongodb.mentions], [0, 4]);
      assert.deepEqual(words(await system.contents()), []);
      assert.equal((await ofBob())?.adminEmail, 'bob@example.org');
    });
  });

  it('is done when nothing is held', async () => {
    const { exitCode, result } = await erase(...ofAda);
    assert.equal(exitCode, 0);
    assert.equal(result.status, 'nothing held');
    assert.deepEqual(await receipts(), []);
  });
});

describe('sitebeat erase, used wrongly,', () => {
  let system: OwnSystem;
  before(async () => {
    system = await openOwnSystem([TEST_PROJECT]);
  });
  after(() => system.close());

  for (const { title, args, exitCode } of [
    { title: 'no project', args: ['--site', 'a.example'], exitCode: 2 },
    { title: 'neither site nor address', args: ['--project', 'test'], exitCode: 2 },
    { title: 'both', args: ['--project', 'test', '--site', 'a.example', '--email', 'a@b.example'], exitCode: 2 },
    { title: 'a site that is none', args: ['--project', 'test', '--site', 'http://'], exitCode: 2 },
    { title: 'an address that is none', args: ['--project', 'test', '--email', 'ada'], exitCode: 2 },
    { title: 'a project that is not there', args: ['--project', 'nope', '--site', 'a.example'], exitCode: 1 },
  ])
    it(`ends with ${exitCode} on ${title}`, async () =>
      assert.equal((await capturedRun(['erase', ...args], system.env)).exitCode, exitCode));
});
