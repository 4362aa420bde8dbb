import assert from 'node:assert/strict';
import { addressDigest } from '../../../shared/event/subscriber.ts';
import type { AuditItem, ContactAnswer } from '../api.ts';
import { siteId } from '../site-id.ts';
import { OWNER, type OwnLists, openOwnLists, PROJECT } from '../testing/own-lists.ts';

describe('lists', () => {
  let own: OwnLists;
  before(async () => {
    own = await openOwnLists();
  });
  after(() => own.dashboard.close());

  describe('notes in the audit', () => {
    it('who was told whose address, before it is told', async () => {
      const { body } = await own.get<ContactAnswer>(`/sites/${siteId('s1.example.org')}/contact`);
      assert.deepEqual(body, { email: 'Admin1@Example.org', firstName: 'Ada', lastName: '=1+1' });
      const optedOut = await own.get<ContactAnswer>(`/sites/${siteId('s3.example.org')}/contact`);
      assert.deepEqual(optedOut.body, { email: null, firstName: null, lastName: null });
      const rows = (await own.dashboard.audits()).filter(({ resource }) => resource === 's1.example.org');
      assert.deepEqual(
        rows.map(({ actor, role, action, outcome }) => [actor, role, action, outcome]).sort(),
        ['begun', 'done'].map((outcome) => [OWNER, 'owner', 'contact', outcome]),
      );
    });

    it('no address that a file was asked for by, but the digest of it', async () => {
      await own.get('/sites?format=csv&email=Admin1@example.org');
      await own.get('/sites?format=csv&email=admin1@EXAMPLE.org');
      const rows = (await own.dashboard.audits()).filter(({ filters }) => String(filters).startsWith('email='));
      assert.equal(rows.length, 4);
      assert.deepEqual(
        [...new Set(rows.map(({ filters }) => filters))],
        [`email=${addressDigest(PROJECT.hash, 'admin1@example.org')}`],
      );
      assert.doesNotMatch(JSON.stringify(await own.listed('/audit')), /admin1/i);
    });

    it('nothing without its row', async () => {
      const { append } = own.dashboard.stores.audits;
      own.dashboard.stores.audits.append = async () => Promise.reject(new Error('no audit'));
      try {
        for (const path of [`/sites/${siteId('s1.example.org')}/contact`, '/sites?format=csv']) {
          const { status, text } = await own.get(path);
          assert.equal(status, 500);
          assert.doesNotMatch(text, /example\.org/);
        }
      } finally {
        own.dashboard.stores.audits.append = append;
      }
    });

    it('is listed for owners, newest first, an action once', async () => {
      await own.get(`/sites/${siteId('s1.example.org')}/contact`);
      await own.get('/sites?format=ndjson&state=active');
      const first = await own.listed<AuditItem>('/audit?limit=1');
      assert.deepEqual(
        first.items.map(({ actor, action, resource, filters, rows, outcome }) => ({
          ...{ actor, action, resource, filters, rows, outcome },
        })),
        [{ actor: OWNER, action: 'export', resource: 'sites', filters: 'state=active', rows: 4, outcome: 'done' }],
      );
      const rest = await own.listed<AuditItem>(`/audit?limit=200&cursor=${first.next}`);
      assert.ok(rest.items.length >= 1);
      assert.ok(!rest.items.some(({ requestId }) => requestId === first.items[0]?.requestId));
    });
  });

  describe('as files', () => {
    it('CSV: opens as text whatever is in it, and begins with a byte order mark', async () => {
      const { text, headers } = await own.get('/deactivations?format=csv');
      assert.equal(headers.get('content-type'), 'text/csv; charset=utf-8');
      assert.equal(headers.get('content-disposition'), 'attachment; filename="test-deactivations-2026-03-10.csv"');
      const lines = text.split('\r\n');
      assert.equal(lines[0], '\ufeffat,site,reason,text,version,ageDays,returned');
      assert.equal(lines[2], "2026-03-03T10:00:00.000Z,s1.example.org,too-slow,'=cmd|x,3.2.0,3,false");
      assert.equal(lines.length, 5);
    });

    it('NDJSON: ends by saying that it is whole', async () => {
      const { text, headers } = await own.get('/sites?format=ndjson&state=active');
      assert.equal(headers.get('content-type'), 'application/x-ndjson');
      const rows = text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
      assert.deepEqual(rows.at(-1), { end: true, rows: 4 });
      assert.equal(rows.length, 5);
      assert.equal(rows[0].site, 's9.example.org');
    });

    it('contacts for owners, of those who did not opt out', async () => {
      const { text } = await own.get('/sites?format=csv&include=contacts&q=s');
      const lines = text.split('\r\n');
      assert.match(lines[0] ?? '', /,theme,email,firstName,lastName$/);
      assert.match(lines.find((line) => line.startsWith('s1.')) ?? '', /,Admin1@Example\.org,Ada,'=1\+1$/);
      assert.match(lines.find((line) => line.startsWith('s3.')) ?? '', /,astra,,,$/);
    });

    it('break off when they fail midway: no file is silently short', async () => {
      const { siteLists } = own.dashboard.stores;
      const { page } = siteLists;
      let pages = 0;
      siteLists.page = async (project, filter, request) => {
        pages += 1;
        if (pages > 1) throw new Error('the store is gone');
        return page(project, filter, { ...request, limit: 5 });
      };
      try {
        await assert.rejects(own.get('/sites?format=csv&environment=any'));
      } finally {
        siteLists.page = page;
      }
      const rows = (await own.dashboard.audits()).filter(({ filters }) => filters === 'environment=any');
      assert.deepEqual(rows.map(({ outcome, rows }) => [outcome, rows]).sort(), [
        ['begun', null],
        ['failed', 5],
      ]);
    });
  });
});
