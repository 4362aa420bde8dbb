import assert from 'node:assert/strict';
import type { StoredEvent } from '../../../shared/event/envelope.ts';
import { type Kind, objectName } from '../../../shared/event/object-name.ts';
import { type ErasureDocument, openErasures } from '../../../shared/stores/erasures.ts';
import type { SiteDocument } from '../../../shared/stores/sites/sites.ts';
import { capturedEvent, TEST_PROJECT } from '../../../shared/testing/events.ts';
import { inProof } from '../../../shared/testing/in-proof.ts';
import { capturedRun } from '../../testing/captured-run.ts';
import { type OwnSystem, openOwnSystem, userAgentOf } from '../../testing/own-system.ts';
import { openRefold } from './refold-site.ts';
import { receiptsOf } from './testing/erasable-sites.ts';

const SITE = 'big-customer.example.com';
const OWNER = 'owner@big-customer.example.com';
const MALLORY = 'mallory@example.net';
const OF_MALLORY = ['--project', 'test', '--email', MALLORY];

let events = 0;

/** An event of the site, a second after the one before. */
function eventOf(kind: Kind, email: string, payload: Record<string, unknown> = {}): StoredEvent {
  events += 1;
  const url = `https://${SITE}`;
  return capturedEvent(kind, {
    id: `${kind}-by-${email.split('@')[0]}-${events}`,
    receivedAt: new Date(Date.parse('2026-03-09T07:00:00.000Z') + events * 1000).toISOString(),
    userAgent: userAgentOf(url),
    payload: { url, admin_email: email, ...payload },
  });
}

describe('an erasure by an address in whose name somebody reports', () => {
  let system: OwnSystem;
  beforeEach(async () => {
    system = await openOwnSystem([TEST_PROJECT]);
  });
  afterEach(() => system.close());

  const run = async (...args: string[]) => {
    const { stdout, stderr, exitCode } = await capturedRun([...args, '--json'], system.env);
    return { exitCode, stderr, result: JSON.parse(stdout) };
  };
  const erase = (...args: string[]) => run('erase', '--yes', '--settle', '0', ...args);
  /** But for how often a document was written. */
  const contents = async () =>
    Object.fromEntries(Object.entries(await system.contents()).map(([place, text]) => [place, sortedJson(text)]));
  const real = () => [
    eventOf('track', OWNER, { project_version: '1.0.0' }),
    eventOf('deactivate', OWNER, { reason_id: 'other', reason_info: 'trying another one' }),
    eventOf('track', OWNER, { project_version: '1.1.0', extra: { plan: 'pro' } }),
    eventOf('track', OWNER, { project_version: '1.2.0' }),
    eventOf('track', OWNER, { project_version: '1.3.0' }),
  ];

  it("leaves another's site as if nothing had been forged, however often it was, and says so first", async () => {
    await system.process(...real());
    const before = await contents();
    await system.process(
      ...['8.0.0', '9.0.0', '9.0.1', '9.0.2', '9.0.3', '9.0.4'].map((version) =>
        eventOf('track', MALLORY, { project_version: version, extra: { plan: 'forged' }, site: 'Forged' }),
      ),
      eventOf('deactivate', MALLORY, { reason_id: 'too-slow' }),
    );
    const { result: plan } = await erase(...OF_MALLORY, '--dry-run');
    assert.deepEqual(plan.sites, []);
    assert.deepEqual(plan.shares, [{ site: SITE, events: 12, holding: 7, removes: 'events' }]);
    const { result, stderr } = await erase(...OF_MALLORY);
    assert.match(stderr, /big-customer\.example\.com +7 of 12 events +those events/);
    assert.deepEqual([result.status, result.removed.archive, result.removed.mongodb.sites], ['done', 7, 0]);
    assert.deepEqual(await contents(), before);
  });

  it("shows of another's site just the events that hold the address", async () => {
    await system.process(...real(), eventOf('track', MALLORY));
    const { result } = await run('show-site', ...OF_MALLORY);
    assert.deepEqual([result.archive.length, result.bigquery.sites.length, result.mongodb.sites], [1, 1, []]);
    assert.doesNotMatch(JSON.stringify(result), /owner@/);
  });

  inProof('does not leave events of the address for one that was forged under another', async () => {
    await system.process(...real(), eventOf('track', MALLORY, { project_version: '9.0.0' }));
    const { result } = await erase('--project', 'test', '--email', OWNER);
    assert.deepEqual([result.status, result.removed.archive], ['done', 5]);
    assert.doesNotMatch(JSON.stringify(await system.contents()), /owner@/);
    const [site] = await system.db.collection<SiteDocument>('sites').find().toArray();
    assert.deepEqual([site?.adminEmail, site?.projectVersion, site?.deactivation], [MALLORY, '9.0.0', null]);
    assert.equal(await system.db.collection('deactivations').countDocuments(), 0);
    const { result: rest } = await erase('--project', 'test', '--site', SITE);
    assert.equal(rest.removed.archive, 1);
    assert.deepEqual(await system.contents(), {});
  });

  for (const { title, target } of [
    { title: 'the address', target: OF_MALLORY },
    { title: 'the site', target: ['--project', 'test', '--site', 'mallory.example.net'] },
  ])
    inProof(`leaves the opt-out of a site that never reported, whose md5 ${title} has sent along since`, async () => {
      await system.process(eventOf('tracking-skipped', OWNER, { url: undefined, admin_email: undefined }));
      const before = await contents();
      // with the md5 of the other site
      await system.process(eventOf('track', MALLORY, { url: 'https://mallory.example.net' }));
      const { result } = await erase(...target);
      assert.deepEqual([result.status, result.removed.archive], ['done', 1]);
      assert.deepEqual(await contents(), before);
    });

  inProof('writes what comes late of the site, but for what holds the address', async () => {
    const [late, forgedLate] = [eventOf('track', OWNER), eventOf('track', MALLORY)];
    await system.process(...real(), eventOf('track', MALLORY));
    await erase(...OF_MALLORY);
    await system.process(late, forgedLate);
    const places = Object.keys(await system.contents());
    assert.ok(places.includes(`sites/${late.id}`));
    assert.ok(places.includes(`rejections/${forgedLate.id}`));
    const before = await contents();
    const { result } = await erase('--resume');
    assert.deepEqual([result[0].status, result[0].removed.archive], ['done', 2]);
    const left = Object.keys(before).filter((place) => !place.includes(forgedLate.id));
    assert.deepEqual(Object.keys(await contents()), left);
  });

  inProof('makes the site anew also when it was interrupted, and the receipt alone tells of it', async () => {
    await system.process(...real());
    const before = await contents();
    await system.process(eventOf('track', MALLORY));
    await erase(...OF_MALLORY);
    const [receipt] = await receiptsOf(system);
    await system.db.collection('erasures').deleteMany({});
    // a run that put its receipt, and did no more
    const forged = eventOf('track', MALLORY, { project_version: '9.0.0' });
    await system.process(forged);
    await openErasures(system.db).put({
      ...(receipt as ErasureDocument),
      status: 'pending',
      pending: { tables: [], objects: [objectName('track', forged.receivedAt, forged.id)] },
    });
    const { result } = await erase('--resume');
    assert.deepEqual([result[0].status, result[0].removed.mongodb.mentions], ['done', 2]);
    assert.deepEqual(await contents(), before);
  });

  for (const { title, order } of [
    { title: 'newest of all', order: ['first', 'forged', 'second'] },
    { title: 'older than what goes, so that it changes nothing', order: ['first', 'second', 'forged'] },
  ] as { title: string; order: ('first' | 'second' | 'forged')[] }[])
    it(`loses no report that comes while the site is made anew, ${title}`, async () => {
      const said = { first: [OWNER, '1.0.0'], second: [OWNER, '2.0.0'], forged: [MALLORY, '9.0.0'] } as const;
      const made = order.map((name) => [name, eventOf('track', said[name][0], { project_version: said[name][1] })]);
      const { first, second, forged } = Object.fromEntries(made) as Record<keyof typeof said, StoredEvent>;
      await system.process(first, forged);
      const nameOf = ({ kind, receivedAt, id }: StoredEvent) => objectName(kind, receivedAt, id);
      const coming = [second];
      const others = [first];
      const { refold } = openRefold(system.db, system.archive);
      await refold(TEST_PROJECT.hash, [SITE], async () => {
        const names = others.map(nameOf);
        // it comes once the others have been looked up
        await system.process(...coming);
        others.push(...coming.splice(0));
        return new Map([[SITE, names]]);
      });
      const [site] = await system.db.collection<SiteDocument>('sites').find().toArray();
      assert.deepEqual([site?.projectVersion, site?.adminEmail], ['2.0.0', OWNER]);
      assert.equal(site?.lastSeenAt.toISOString(), second.receivedAt);
    });

  inProof('takes just the address out of a site of which objects have expired', async () => {
    const own = real();
    await system.process(...own, eventOf('track', MALLORY, { project_version: '9.0.0' }));
    const [first] = own as [StoredEvent];
    await system.archive.remove(objectName(first.kind, first.receivedAt, first.id));
    const { result } = await erase(...OF_MALLORY);
    assert.deepEqual([result.status, result.removed.archive, result.removed.mongodb.mentions], ['done', 1, 1]);
    const [site] = await system.db.collection<SiteDocument>('sites').find().toArray();
    assert.deepEqual([site?.adminEmail, site?.projectVersion], [undefined, '9.0.0']);
    assert.equal((await system.rows('sites')).length, 5);
  });
});

function sortedJson(text: string): string {
  const sorted = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    const entries = Object.entries(value).filter(([key]) => key !== 'revision');
    return Object.fromEntries(
      entries.sort(([one], [other]) => (one < other ? -1 : 1)).map(([key, one]) => [key, sorted(one)]),
    );
  };
  return text.startsWith('{') ? JSON.stringify(sorted(JSON.parse(text))) : text;
}
