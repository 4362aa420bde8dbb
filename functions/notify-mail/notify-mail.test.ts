import assert from 'node:assert/strict';
import { addressKey } from '../../shared/report/email-address.ts';
import { keysOf } from '../../shared/report/event-keys.ts';
import { openSites, type SiteDocument, siteKey } from '../../shared/stores/sites/sites.ts';
import { openMailClaims } from '../../shared/stores/topics/mail-claims.ts';
import { idempotencyKey } from './sign.ts';
import { BOB, hasLocalSink, type OwnMailbox, openOwnMailbox, SHORT_TIMEOUT_MS } from './testing/own-mailbox.ts';

describe('notifyMail', () => {
  let own: OwnMailbox;

  before(async function () {
    if (!hasLocalSink()) this.skip();
    own = await openOwnMailbox();
  });
  beforeEach(() => own.renew());
  after(() => own?.close());

  it('posts the request with the address and the names that the site has now, signed, once, and asks for double opt-in', async () => {
    await own.putSite({ lastName: 'Ross' });
    await own.handle(own.message());
    const { taken, requests, attempts } = await own.shown();
    assert.equal(taken, 1);
    assert.deepEqual(requests[0]?.request, { ...own.wanted(), lastName: 'Ross' });
    assert.deepEqual(attempts, [{ key: idempotencyKey(own.wanted()), answer: 202 }]);
  });

  for (const { title, site } of [
    { title: 'that opted out since', site: { optedOut: true } },
    { title: 'that has another address since', site: { adminEmail: 'new@example.org' } },
    { title: 'that has the address in another project', site: { project: 'other' } },
    { title: 'that has no address', site: { adminEmail: undefined } },
    { title: 'that was erased', site: undefined },
  ])
    it(`does not ask for a site ${title}`, async () => {
      if (site) await own.putSite(site);
      else await own.sites().deleteOne({ _id: siteKey(own.request.project, own.request.site) });
      await own.handle(own.message());
      assert.deepEqual((await own.shown()).attempts, []);
    });

  it('asks for an address whose case changed since, as it is now', async () => {
    await own.putSite({ adminEmail: 'BOB@example.org' });
    await own.handle(own.message());
    assert.equal((await own.shown()).requests[0]?.request.email, 'BOB@example.org');
  });

  it('understands what earlier versions published, who named the person', async () => {
    const { address: _, ...keys } = own.request;
    await own.handle(own.pushed(JSON.stringify({ ...keys, email: BOB, firstName: 'Robert', lastName: null })));
    assert.deepEqual((await own.shown()).requests[0]?.request, own.wanted());
  });

  for (const { title, fields, left } of [
    { title: 'opted out', fields: { optedOut: true }, left: ['mailchimp:other', 'mailchimp:list-1 of another'] },
    {
      title: 'has another address',
      fields: { adminEmail: 'new@example.org' },
      left: ['mailchimp:other', 'mailchimp:list-1 of another'],
    },
    { title: 'is as it was', fields: {}, left: ['mailchimp:list-1', 'mailchimp:other', 'mailchimp:list-1 of another'] },
  ])
    it(`leaves noted as asked, of a site that ${title}, only what was or will be`, async () => {
      const { address } = own.request;
      const askedMail = [
        { list: 'mailchimp:list-1', address, askedAt: new Date() },
        { list: 'mailchimp:other', address, askedAt: new Date() },
        { list: 'mailchimp:list-1', address: 'another', askedAt: new Date() },
      ];
      await own.putSite({ ...fields, askedMail });
      await own.handle(own.message());
      await own.handle(own.message());
      const known = await openSites(own.db).find(siteKey(own.request.project, own.request.site));
      const noted = known?.askedMail?.map((each) => `${each.list}${each.address === address ? '' : ' of another'}`);
      assert.deepEqual(noted, left);
    });

  for (const { title, fields, isLeft } of [
    { title: 'so that another can ask, when it opted out', fields: { optedOut: true }, isLeft: false },
    {
      title: 'so that another can ask, when it has another address',
      fields: { adminEmail: 'n@example.org' },
      isLeft: false,
    },
    { title: 'unless it is as it was', fields: {}, isLeft: true },
  ])
    it(`takes back that a site asks for an address ${title}`, async () => {
      const { project, site, address } = own.request;
      const asked = { list: 'mailchimp:list-1', address };
      const one = { project, site, adminEmail: BOB } as SiteDocument;
      const claims = openMailClaims(own.db);
      assert.equal(await claims.claim(one, asked, new Date()), true);
      await own.putSite(fields);
      await own.handle(own.message());
      const isTaken = !(await claims.claim({ ...one, site: 'another.example' }, asked, new Date()));
      assert.equal(isTaken, isLeft);
      await claims.forget(keysOf(project, { emails: [addressKey(BOB)] }), new Date());
    });

  for (const { title, event } of [
    { title: 'is no JSON', event: () => own.pushed('bob@example.org') },
    { title: 'lacks a field', event: () => own.pushed(JSON.stringify({ ...own.request, address: undefined })) },
    {
      title: 'names an unknown provider',
      event: () => own.pushed(JSON.stringify({ ...own.request, provider: 'fax' })),
    },
    { title: 'says no time', event: () => own.pushed(JSON.stringify(own.request), {}) },
  ])
    it(`records a message that ${title}, and is done`, async () => {
      await own.handle(event());
      await own.handle(event());
      const rows = await own.rejections();
      const row = rows[0] ?? {};
      assert.deepEqual(
        [row.event_id, row.kind, row.reason, row.object_name],
        [`subscriber:${own.messageId}`, 'subscriber', 'unparseable', null],
      );
      assert.ok(!JSON.stringify(rows).includes('bob@'));
    });

  it('never logs an address or a name', async () => {
    own.handle = own.openHandler(own.url, SHORT_TIMEOUT_MS);
    await own.setFaults({ next: ['down', 'slow', 500, 400] });
    for (let attempt = 0; attempt < 5; attempt += 1) await own.handle(own.message()).catch(() => {});
    await own.handle(own.pushed('bob@example.org'));
    assert.ok(own.logged.length >= 5);
    assert.doesNotMatch(own.logged.join('\n'), /bob/i);
  });
});
