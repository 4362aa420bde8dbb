import assert from 'node:assert/strict';
import type { StoredEvent } from '../../shared/event/envelope.ts';
import { listKey } from '../../shared/project/project.ts';
import { keysOf } from '../../shared/report/event-keys.ts';
import { addressOf } from '../../shared/stores/sites/site-mail.ts';
import type { SiteDocument } from '../../shared/stores/sites/sites.ts';
import { openMailClaims } from '../../shared/stores/topics/mail-claims.ts';
import { capturedEvent, TEST_PROJECT } from '../../shared/testing/events.ts';
import { BOB, NEW, type OwnMail, openOwnMail } from '../testing/own-mail.ts';
import { userAgentOf } from '../testing/own-system.ts';
import { at, LIST } from './testing/site-events.ts';

let events = 0;

/** A report of one of many sites, a second after the one before. */
function report(site: string, email = BOB): StoredEvent {
  events += 1;
  const url = `https://${site}.example.org`;
  return capturedEvent('track', {
    id: `report-of-${site}-${events}`,
    receivedAt: at(events % 60),
    userAgent: userAgentOf(url),
    payload: { url, admin_email: email },
  });
}

describe('an address that several sites have', () => {
  let own: OwnMail;
  before(() => {
    own = openOwnMail();
  });
  beforeEach(() => {
    events = 0;
    return own.empty();
  });
  after(() => own.close());

  const SITES = ['one', 'two', 'three', 'four', 'five'];
  const failing = { publish: () => Promise.reject(new Error('the topic failed')) };

  it('is asked for once, whoever reports it, in whatever case, and counts once', async () => {
    for (const [n, site] of SITES.entries()) await own.update(report(site, n % 2 === 0 ? BOB : 'Bob@EXAMPLE.org'));
    for (const site of SITES) await own.update(report(site));
    assert.deepEqual(own.emails(), [BOB]);
    assert.deepEqual([await own.pending(), await own.counted()], [[], 1]);
  });

  it('is asked for once when all report it at once', async () => {
    await Promise.all([...SITES, ...SITES].map((site) => own.update(report(site))));
    assert.deepEqual(new Set(own.published.map(({ request }) => request.site)).size, 1);
    assert.deepEqual(await own.pending(), []);
  });

  it('is asked for by each list, and beside other addresses', async () => {
    await own.putProject([LIST, { ...LIST, list: 'list-2' }]);
    await own.update(report('one'));
    await own.update(report('two'));
    await own.update(report('three', NEW));
    const asked = own.published.map(({ request }) => `${request.site} ${request.list}`);
    const expected = ['one', 'three'].flatMap((site) =>
      ['list-1', 'list-2'].map((list) => `${site}.example.org ${list}`),
    );
    assert.deepEqual(asked, expected);
  });

  it('is asked for by a list that is added later, once', async () => {
    for (const site of SITES) await own.update(report(site));
    await own.putProject([LIST, { ...LIST, list: 'list-2' }]);
    for (const site of SITES) await own.update(report(site));
    assert.deepEqual(
      own.published.map(({ request }) => request.list),
      ['list-1', 'list-2'],
    );
  });

  it('is asked for at the word of another site when the first one could not', async () => {
    const working = own.subscribers;
    own.subscribers = failing;
    await assert.rejects(own.update(report('one')));
    own.subscribers = working;
    await own.update(report('two'));
    await own.update(report('one'));
    assert.deepEqual(
      own.published.map(({ request }) => request.site),
      ['two.example.org'],
    );
  });

  it('waits with each of them when the cap is reached', async () => {
    await own.putProject([LIST], 1);
    await own.update(report('first', NEW));
    for (const site of ['one', 'two']) await own.update(report(site));
    assert.deepEqual([own.emails(), await own.pending()], [[NEW], [BOB, BOB]]);
    await own.putProject([LIST]);
    for (const site of ['two', 'one']) await own.update(report(site));
    assert.deepEqual([own.emails(), await own.pending()], [[NEW, BOB], []]);
  });

  it('is asked for by the site that had claimed it and died', async () => {
    await own.putProject([LIST], 1);
    await own.update(report('first', NEW));
    await own.update(report('one'));
    const one = (await own.sites()).find(({ adminEmail }) => adminEmail === BOB) as SiteDocument;
    const asked = { list: listKey(LIST), address: addressOf(one) as string };
    assert.equal(await openMailClaims(own.db).claim(one, asked, new Date(at(0))), true);
    await own.putProject([LIST]);
    await own.update(report('two'));
    await own.update(report('one'));
    assert.deepEqual(
      own.published.map(({ request }) => request.site),
      ['first.example.org', 'one.example.org'],
    );
  });

  for (const { title, names } of [
    { title: 'it', names: { emails: [BOB] } },
    { title: 'the site that was asked for it', names: { sites: ['one.example.org'] } },
  ])
    it(`is not known any more once ${title} was erased`, async () => {
      for (const site of ['one', 'two']) await own.update(report(site));
      const claims = own.db.collection('mailClaims');
      const now = new Date();
      assert.equal(await claims.countDocuments(), 1);
      await openMailClaims(own.db).forget(
        keysOf(TEST_PROJECT.hash, { emails: [NEW], sites: ['two.example.org'] }),
        now,
      );
      assert.equal(await claims.countDocuments(), 1);
      await openMailClaims(own.db).forget(keysOf(TEST_PROJECT.hash, names), new Date(at(0)));
      assert.equal(await claims.countDocuments(), 1, 'a later one is a new start');
      await openMailClaims(own.db).forget(keysOf(TEST_PROJECT.hash, names), now);
      assert.equal(await claims.countDocuments(), 0);
    });
});
