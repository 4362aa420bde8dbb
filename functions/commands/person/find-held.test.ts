import assert from 'node:assert/strict';
import { objectName } from '../../../shared/event/object-name.ts';
import type { Project } from '../../../shared/project/project.ts';
import { openArchive } from '../../../shared/stores/archive/archive.ts';
import { openEventKeys } from '../../../shared/stores/history/event-keys.ts';
import { openSiteHistory } from '../../../shared/stores/history/site-history.ts';
import { openDerivedSites } from '../../../shared/stores/sites/derived-sites.ts';
import { openSiteLatest } from '../../../shared/stores/sites/site-latest.ts';
import type { SiteDocument } from '../../../shared/stores/sites/sites.ts';
import { capturedEvent, type EventOptions, TEST_PROJECT } from '../../../shared/testing/events.ts';
import { inProof } from '../../../shared/testing/in-proof.ts';
import { processEvent } from '../../process-event/process-event.ts';
import { type OwnSystem, openOwnSystem, userAgentOf } from '../../testing/own-system.ts';
import type { Terminal } from '../terminal.ts';
import { openSearch } from './find-held.ts';
import type { Seed } from './held-data.ts';

const OTHER_PROJECT: Project = { ...TEST_PROJECT, hash: '0b7a6a0e-1111-4222-8333-444455556666', slug: 'other' };
const SEED: Seed = {
  projectHash: TEST_PROJECT.hash,
  otherProjects: [OTHER_PROJECT.hash],
  email: null,
  sites: [],
  urlMd5s: [],
  objects: [],
};
const OF_ADA = { ...SEED, sites: ['ada.example.org'] };
const BY_EMAIL = { ...SEED, email: 'ada@example.org' };

const track = (id: string, url: string, { payload, ...options }: EventOptions = {}) =>
  capturedEvent('track', {
    id,
    userAgent: userAgentOf(url),
    ...options,
    payload: { url, admin_email: undefined, ...payload },
  });

describe('openSearch', () => {
  let system: OwnSystem;
  let reads: string[];
  let notes: string[];
  beforeEach(async () => {
    system = await openOwnSystem([TEST_PROJECT, OTHER_PROJECT]);
    [reads, notes] = [[], []];
  });
  afterEach(() => system.close());

  function search(seed: Seed) {
    const options = {
      projectId: process.env.GOOGLE_CLOUD_PROJECT ?? '',
      dataset: system.env.BIGQUERY_DATASET ?? '',
      maxBytesBilled: 2 ** 30,
    };
    const archive = openArchive({ bucket: system.env.ARCHIVE_BUCKET ?? '' });
    const read = (name: string) => {
      reads.push(name);
      return archive.read(name);
    };
    const stores = {
      archive: { ...archive, read },
      eventKeys: openEventKeys(options),
      latest: openSiteLatest(system.db),
      history: openSiteHistory(options),
      derived: openDerivedSites(options),
    };
    const terminal = {
      note: (text: string) => notes.push(text),
      progress: () => ({ update: () => {}, end: () => {} }),
    } as unknown as Terminal;
    return openSearch(seed, stores, terminal).find(new Date());
  }
  const idsOf = ({ objects }: { objects: string[] }) =>
    objects.map((name) => name.split('/').at(-1)?.slice(0, -5)).sort();
  /** As an earlier version did, which wrote no index. */
  const asBefore = async (...events: ReturnType<typeof track>[]) => {
    const stores = { ...system.stores, eventKeys: { append: async () => {} } };
    for (const event of events) await processEvent({ name: await system.receive(event) }, stores);
  };

  it('reads what the site has, once, however much the archive has of others', async () => {
    const others = Array.from({ length: 5 }, (_, n) => track(`other-${n}-site`, `https://other-${n}.example.org`));
    await system.processTogether(...others);
    await system.process(
      track('ada-track-1', 'https://ada.example.org', { payload: { admin_email: 'ada@example.org' } }),
      // each leads to the next
      track('ada-track-2', 'https://ada.example.org/?lang=de', { payload: { admin_email: 'ada@example.org' } }),
      capturedEvent('tracking-skipped', {
        id: 'ada-skip-1',
        userAgent: userAgentOf('https://ada.example.org/?lang=de'),
      }),
      track('ada-2-track', 'https://ada-2.example.org', { payload: { admin_email: 'ADA <Ada@example.org>' } }),
      capturedEvent('deactivate', {
        id: 'ada-2-left',
        userAgent: userAgentOf('https://ada-2.example.org'),
        only: { reason_id: 'other' },
      }),
    );
    const bySite = await search(OF_ADA);
    assert.deepEqual(idsOf(bySite), ['ada-skip-1', 'ada-track-1', 'ada-track-2']);
    assert.deepEqual(reads.length, 3);
    reads = [];
    const byEmail = await search(BY_EMAIL);
    assert.deepEqual(byEmail.sites, ['ada-2.example.org', 'ada.example.org']);
    assert.deepEqual(idsOf(byEmail), ['ada-2-left', 'ada-2-track', 'ada-skip-1', 'ada-track-1', 'ada-track-2']);
    assert.deepEqual([reads.length, new Set(reads).size], [5, 5]);
    assert.deepEqual(notes, []);
  });

  it('finds an address wherever it stands in an event', async () => {
    const places = {
      'with-a-name': { admin_email: 'Ada L. <ADA@example.org>' },
      'in-a-reason': { reason_info: 'call me: ada@example.org!' },
      'in-a-field-that-nobody-allowed': { extra: { owner: { mail: ['ada@example.org'] } } },
      'in-an-unknown-field': { contact: 'mailto:ada%40example.org' },
      'for-a-project-that-nobody-here-has': { hash: 'x', user_email: 'ada@example.org' },
      'in-a-rejected-event': { url: 'not a url, ada@example.org' },
      'among-many': { list: `${'x'.repeat(9)} ${addresses(99)} ada@example.org` },
    };
    const ids = (Object.keys(places) as (keyof typeof places)[]).sort();
    const reports = ids.map((id) => track(id, `https://${id}.example`, { payload: places[id] }));
    await system.processTogether(...reports, track('of-nobody', 'https://nobody.example'));
    assert.deepEqual(idsOf(await search(BY_EMAIL)), ids);
    const leaves = (id: keyof typeof places) =>
      capturedEvent('deactivate', { id: `z-left-${id}`, only: { hash: undefined, ...places[id] } });
    await system.processTogether(...ids.map(leaves));
    assert.deepEqual(idsOf(await search(BY_EMAIL)), [...ids, ...ids.map((id) => `z-left-${id}`)]);
    assert.deepEqual(idsOf(await search({ ...BY_EMAIL, email: 'da@example.org' })), []);
  });

  it('finds the site of an address of which nothing but MongoDB is left', async () => {
    const nothing = { append: async () => {} };
    const event = track('ada-1', 'https://of-ada.example.org', { payload: { admin_email: 'Ada@Example.org' } });
    const name = await system.receive(event);
    await processEvent({ name }, { ...system.stores, eventKeys: nothing, history: nothing });
    await system.archive.remove(name);
    const held = await search(BY_EMAIL);
    assert.deepEqual([held.sites, held.latest.sites.length], [['of-ada.example.org'], 1]);
  });

  inProof('finds an address at an IDN host in either form', async () => {
    await system.processTogether(
      track('of-ada-1', 'https://a.example.org', { payload: { admin_email: 'ada@bücher.example' } }),
      track('of-ada-2', 'https://b.example.org', { payload: { admin_email: 'ada@XN--BCHER-KVA.example' } }),
    );
    assert.deepEqual(idsOf(await search({ ...SEED, email: 'ada@xn--bcher-kva.example' })), ['of-ada-1', 'of-ada-2']);
  });

  it("leaves another project's events, and those of a project that came into being later", async () => {
    await system.processTogether(
      track('of-other-1', 'https://ada.example.org', { payload: { hash: OTHER_PROJECT.hash } }),
      track('of-later-1', 'https://ada.example.org', { payload: { hash: 'later' } }),
    );
    assert.deepEqual(idsOf(await search(OF_ADA)), ['of-later-1']);
    assert.deepEqual(idsOf(await search({ ...OF_ADA, otherProjects: ['later'] })), []);
  });

  it('takes a deactivation that waits for its site, but not one that may be for another project', async () => {
    const bare = (id: string, url: string) =>
      capturedEvent('deactivate', { id, userAgent: userAgentOf(url), only: { reason_id: 'other' } });
    await system.processTogether(
      bare('bare-of-ada', 'https://ada.example.org'),
      bare('bare-of-bob', 'https://bob.example.org'),
    );
    const held = await search(OF_ADA);
    assert.deepEqual([idsOf(held), held.counts.mongodb.unclaimed], [['bare-of-ada'], 1]);
    const later = { receivedAt: '2026-03-10T00:00:00.000Z', payload: { hash: OTHER_PROJECT.hash } };
    await system.process(track('ada-of-other', 'https://ada.example.org', later));
    assert.deepEqual(idsOf(await search(OF_ADA)), []);
  });

  it("takes a site's opt-out, also when another site claims its md5", async () => {
    const forged = { userAgent: userAgentOf('https://ada.example.org') };
    await system.process(
      capturedEvent('tracking-skipped', { id: 'skip-of-ada', ...forged }),
      track('track-of-eve', 'https://eve.example.org', forged),
    );
    assert.deepEqual(idsOf(await search(OF_ADA)), ['skip-of-ada']);
  });

  describe('what an earlier version worked on', () => {
    it('is found by reading its hours, each object once, and said', async () => {
      await asBefore(
        track('ada-old-1', 'https://ada.example.org'),
        track('ada-old-2', 'https://ada.example.org/?lang=de'),
        capturedEvent('tracking-skipped', {
          id: 'old-skip-1',
          userAgent: userAgentOf('https://ada.example.org/?lang=de'),
        }),
        track('bob-old-1', 'https://bob.example.org'),
        track('ada-old-3', 'https://ada.example.org', {
          payload: { url: 'http://' },
          receivedAt: '2026-02-01T00:00:00.000Z',
        }),
      );
      await system.process(track('ada-new-1', 'https://ada.example.org', { receivedAt: '2026-03-20T00:00:00.000Z' }));
      assert.deepEqual(idsOf(await search(OF_ADA)), ['ada-new-1', 'ada-old-1', 'ada-old-2', 'ada-old-3', 'old-skip-1']);
      assert.deepEqual([reads.length, new Set(reads).size], [6, 6]);
      assert.match(notes.join(), /reading 2 hours of the archive as a whole/);
    });

    it('is found by the index once it has been worked on again', async () => {
      const old = [track('ada-old-1', 'https://ada.example.org'), track('bob-old-1', 'https://bob.example.org')];
      await asBefore(...old);
      for (const { kind, receivedAt, id } of old)
        await processEvent({ name: objectName(kind, receivedAt, id) }, system.stores);
      assert.deepEqual(idsOf(await search(OF_ADA)), ['ada-old-1']);
      assert.deepEqual([reads.length, notes], [1, []]);
    });

    inProof('is found by its rows where its objects have expired', async () => {
      const info = { payload: { reason_info: 'Write to ADA@example.org' } };
      const old = [
        track('ada-old-1', 'https://ada.example.org', { payload: { admin_email: 'Ada@example.org' } }),
        { ...track('ada-old-2', 'https://ada.example.org'), kind: 'deactivate' as const },
        track('bob-old-1', 'https://bob.example.org', { payload: { extra: { plan: 'for ada@example.org' } } }),
        track('eve-old-1', 'https://eve.example.org', { payload: { extra: { plan: 'for xada@example.org' } } }),
        { ...track('old-gone-1', 'https://eve.example.org', info), kind: 'deactivate' as const },
      ];
      await asBefore(...old);
      const archive = openArchive({ bucket: system.env.ARCHIVE_BUCKET ?? '' });
      for (const { kind, receivedAt, id } of old) await archive.remove(objectName(kind, receivedAt, id));
      const held = await search(BY_EMAIL);
      assert.deepEqual(idsOf(held), ['ada-old-1', 'ada-old-2', 'bob-old-1', 'old-gone-1']);
      assert.deepEqual([held.sites, held.namedBy], [['ada.example.org'], ['bob.example.org', 'eve.example.org']]);
      assert.deepEqual([held.counts.archive, held.counts.bigquery.sites], [0, 4]);
    });

    inProof('is found where its site has a name that is no longer given', async () => {
      await system.process(track('ada-new-1', 'https://ada.example.org/blog'));
      const sites = system.db.collection<SiteDocument>('sites');
      const today = (await sites.findOne()) as SiteDocument;
      for (const site of ['ada.example.org/blog//', 'ada.example.org/blogs', 'ada.example.org/Blog/']) {
        await sites.insertOne({ ...today, _id: `${TEST_PROJECT.hash}:${site}`, site });
      }
      const held = await search({ ...SEED, sites: ['ada.example.org/blog'] });
      assert.deepEqual(held.sites, ['ada.example.org/blog', 'ada.example.org/blog//']);
      assert.equal(held.counts.mongodb.sites, 2);
    });
  });
});

function addresses(count: number): string {
  return Array.from({ length: count }, (_, n) => `user-${n}@example.org`).join(', ');
}
