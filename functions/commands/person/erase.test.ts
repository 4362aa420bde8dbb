import assert from 'node:assert/strict';
import { BigQuery } from '@google-cloud/bigquery';
import type { Kind } from '../../../shared/event/object-name.ts';
import type { ErasureDocument } from '../../../shared/stores/erasures.ts';
import { TEST_PROJECT } from '../../../shared/testing/events.ts';
import { inProof } from '../../../shared/testing/in-proof.ts';
import { capturedRun } from '../../testing/captured-run.ts';
import { type OwnSystem, openOwnSystem, userAgentOf } from '../../testing/own-system.ts';
import {
  ADA,
  BOB,
  erase,
  eventOf,
  live,
  OF_ADA,
  OTHER_PROJECT,
  receiptsOf,
  URL_OF_ADA,
} from './testing/erasable-sites.ts';

const HELD_ROWS = {
  sites: 3,
  deactivations: 2,
  tracking_skips: 1,
  rejections: 1,
  event_keys: 11,
  site_days: 0,
  site_lives: 0,
};

describe('sitebeat erase', () => {
  let system: OwnSystem;
  beforeEach(async () => {
    system = await openOwnSystem([TEST_PROJECT, OTHER_PROJECT]);
  });
  afterEach(() => system.close());

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
    const { exitCode, result, stderr } = await erase(system, ...OF_ADA);
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
    const shown = await capturedRun(['show-site', '--json', ...OF_ADA], system.env);
    const { bigquery } = JSON.parse(shown.stdout);
    assert.deepEqual([bigquery.site_days.length, bigquery.site_lives.length], [1, 1]);
    const { result, stderr } = await erase(system, ...OF_ADA);
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
    const { exitCode, result, stderr } = await erase(
      system,
      '--project',
      TEST_PROJECT.hash,
      '--email',
      'ada@EXAMPLE.org',
    );
    assert.equal(exitCode, 0, stderr);
    assert.deepEqual([result.status, result.by, result.removed.archive], ['done', 'email', 9]);
    assert.deepEqual(await system.contents(), others);
    const [receipt] = await receiptsOf(system);
    const written = await system.db.collection('erasures').find().toArray();
    assert.doesNotMatch(JSON.stringify(written), /ada\W|lovelace|example|"[0-9a-f]{32}"/i);
    assert.deepEqual([receipt?.status, receipt?.pending], ['done', null]);
  });

  it('only says what it would remove with --dry-run', async () => {
    await live(system, URL_OF_ADA, ADA);
    const before = await system.contents();
    const { exitCode, result } = await erase(system, ...OF_ADA, '--dry-run');
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
    assert.deepEqual(await receiptsOf(system), []);
  });

  inProof("takes no other site's opt-outs, whose md5 was sent along", async () => {
    await system.process(
      ...(['track', 'tracking-skipped'] as const).map((kind) => eventOf(kind, 'https://bob.example.org')),
    );
    const others = await system.contents();
    await system.process(eventOf('track', URL_OF_ADA, { userAgent: userAgentOf('https://bob.example.org') }));
    const forged = `sites/${TEST_PROJECT.hash}:ada.example.org`;
    assert.match((await system.contents())[forged] ?? '', /"optOut":"2026/);
    await erase(system, ...OF_ADA);
    assert.deepEqual(await system.contents(), others);
  });

  it('finishes a run that was interrupted, by the digests of its receipt', async () => {
    await system.process(eventOf('track', 'https://bob.example.org', BOB));
    const others = await system.contents();
    await system.process(eventOf('track', URL_OF_ADA), eventOf('track', `${URL_OF_ADA}:443//`));
    const held = await system.contents();
    await erase(system, ...OF_ADA);
    const [receipt] = await receiptsOf(system);
    const id = Object.keys(held).filter((place) => !(place in others));
    const objects = id.filter((place) => place.endsWith('.json'));
    const restored = JSON.parse(held[`sites/${TEST_PROJECT.hash}:ada.example.org`] as string);
    await system.db.collection('sites').insertOne({ ...restored, firstSeenAt: new Date(restored.firstSeenAt) });
    await system.db
      .collection<ErasureDocument>('erasures')
      .updateOne({ _id: receipt?._id ?? '' }, { $set: { status: 'pending', pending: { tables: ['sites'], objects } } });
    const { exitCode, result } = await erase(system, '--resume');
    assert.deepEqual([exitCode, result.length, result[0].status], [0, 1, 'done']);
    assert.deepEqual(await system.contents(), others);
    assert.deepEqual((await erase(system, '--resume')).result, []);
  });

  it('is done when nothing is held', async () => {
    const { exitCode, result } = await erase(system, ...OF_ADA);
    assert.equal(exitCode, 0);
    assert.equal(result.status, 'nothing held');
    assert.deepEqual(await receiptsOf(system), []);
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
    {
      title: 'a target that is not asked for',
      args: ['--resume', '--project', 'test', '--site', 'a.example'],
      exitCode: 2,
    },
    { title: 'a dry run of what is pending', args: ['--resume', '--dry-run'], exitCode: 2 },
    { title: 'a project that is not there', args: ['--project', 'nope', '--site', 'a.example'], exitCode: 1 },
  ])
    it(`ends with ${exitCode} on ${title}`, async () =>
      assert.equal((await capturedRun(['erase', ...args], system.env)).exitCode, exitCode));
});
