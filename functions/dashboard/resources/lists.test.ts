import assert from 'node:assert/strict';
import { addressDigest } from '../../../shared/event/subscriber.ts';
import type { Project } from '../../../shared/project/project.ts';
import type { DeactivationDocument } from '../../../shared/stores/sites/deactivations.ts';
import { siteKey } from '../../../shared/stores/sites/sites.ts';
import { TEST_PROJECT } from '../../../shared/testing/events.ts';
import type {
  AuditItem,
  ContactAnswer,
  DeactivationItem,
  ListAnswer,
  Problem,
  SiteAnswer,
  SiteHistoryAnswer,
  SiteItem,
} from '../api.ts';
import { API } from '../router.ts';
import { siteId } from '../site-id.ts';
import { type OwnDashboard, openOwnDashboard } from '../testing/own-dashboard.ts';
import { NOW } from '../testing/sample-figures.ts';
import { insertSampleSites, SAMPLE_SITES_PROJECT } from '../testing/sample-sites.ts';

const OWNER = 'olga@example.org';
const ANALYST = 'ann@example.org';
const PROJECT: Project = {
  ...SAMPLE_SITES_PROJECT,
  access: [
    { email: OWNER, role: 'owner' },
    { email: ANALYST, role: 'analyst' },
  ],
};
/** Below and above the other's hash, so that one who leaves a list's range would find them. */
const OTHERS: Project[] = ['0', 'f'].map((digit) => ({
  ...TEST_PROJECT,
  hash: `${digit.repeat(8)}-0000-4000-8000-000000000000`,
  slug: `other-${digit}`,
}));
const SITES = 12;

describe('lists', () => {
  let dashboard: OwnDashboard;
  before(async () => {
    dashboard = await openOwnDashboard([PROJECT, ...OTHERS], NOW);
    for (const project of [PROJECT, ...OTHERS]) await insertSampleSites(dashboard.db, project, SITES);
    await dashboard.db.collection<DeactivationDocument>('deactivations').insertMany(
      [0, 1, 2].map((n) => ({
        ...{ _id: siteKey(PROJECT.hash, `s${n}.example.org`), project: PROJECT.hash, site: `s${n}.example.org` },
        ...{ environment: 'production', eventId: `e${n}`, deactivatedAt: new Date(`2026-03-0${n + 2}T10:00:00Z`) },
        ...{
          reasonId: [null, 'too-slow', 'none'][n] as string | null,
          reasonSent: null,
          reasonInfo: n === 1 ? '=cmd|x' : null,
        },
        ...{ projectVersion: '3.2.0', reactivatedAt: n === 2 ? NOW : null, hasText: n === 1, revision: 1 },
      })),
    );
  });
  after(() => dashboard.close());

  const get = <Body>(path: string, as = OWNER) => dashboard.get<Body>(`${API}/projects/${PROJECT.slug}${path}`, { as });
  const listed = async <Item = SiteItem>(path: string): Promise<ListAnswer<Item>> => {
    const { status, text, body } = await get<ListAnswer<Item>>(path);
    assert.equal(status, 200, text);
    return body;
  };
  const numbers = ({ items }: ListAnswer<SiteItem>) => items.map(({ site }) => Number(/^s(\d+)/.exec(site)?.[1]));
  const refused = async (path: string, as = OWNER) => {
    const { status, body } = await get<Problem>(path, as);
    return [status, ...(body.errors ?? []).map(({ parameter }) => parameter)];
  };

  it('sites: the newest seen first, and the other way round', async () => {
    assert.deepEqual(numbers(await listed('/sites')), [11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
    assert.deepEqual(numbers(await listed('/sites?sort=lastSeen&limit=3')), [0, 1, 2]);
    assert.deepEqual(await refused('/sites?sort=name'), [400, 'sort']);
  });

  for (const { query, expected } of [
    { query: 'state=left', expected: [11, 8, 5, 2] },
    { query: 'state=all', expected: [11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0] },
    { query: 'state=all&version=3.1.0', expected: [0, 10, 2, 4, 6, 8] },
    { query: 'version=3.1.0', expected: [0, 10, 2, 4, 6, 8] },
    { query: 'versionBelow=3.2.0&sort=-version', expected: [8, 6, 4, 2, 10, 0] },
    { query: 'php=7.4&state=active', expected: [0, 6] },
    { query: 'phpBelow=8.0&state=active&country=DE', expected: [0, 6] },
    { query: 'wordpressBelow=6.8', expected: [] },
    { query: 'database=MariaDB+10.6&theme=astra&state=active', expected: [3, 9] },
    { query: 'databaseBelow=MySQL+8.4', expected: [0, 10, 2, 4, 6, 8] },
    { query: 'field.plan=pro&state=active', expected: [3, 9] },
    { query: 'field.forms_count=7', expected: [7] },
    { query: 'q=https://www.S1', expected: [1, 10, 11] },
    { query: 'q=.s1.example.org', expected: [1] },
    { query: 'email=admin1@example.ORG', expected: [1] },
    // it opted out
    { query: 'email=admin3@example.org', expected: [] },
    { query: 'since=2026-03-01T10:00Z', expected: [11, 10] },
    { query: 'until=2026-03-01T02:00:00Z', expected: [1, 0] },
    { query: 'environment=staging', expected: [] },
    { query: 'environment=any&copies=true&limit=1', expected: [11] },
  ])
    it(`sites: ${query}`, async () => assert.deepEqual(numbers(await listed(`/sites?${query}`)), expected));

  for (const { query, parameter } of [
    { query: 'state=gone', parameter: 'state' },
    { query: 'field.other=x', parameter: 'field.other' },
    { query: 'field.forms_count=many', parameter: 'field.forms_count' },
    { query: 'phpBelow=8,0', parameter: 'phpBelow' },
    { query: 'databaseBelow=8.0', parameter: 'databaseBelow' },
    { query: 'since=yesterday', parameter: 'since' },
    { query: 'limit=201', parameter: 'limit' },
    { query: 'include=contacts', parameter: 'include' },
  ])
    it(`sites: not ${query}`, async () => assert.deepEqual(await refused(`/sites?${query}`), [400, parameter]));

  it('leaves addresses to owners', async () => {
    assert.deepEqual(await refused('/sites?email=a@example.org', ANALYST), [400, 'email']);
    assert.deepEqual(await refused('/sites?format=csv&include=contacts', ANALYST), [400, 'include']);
    const { text } = await get('/sites', OWNER);
    assert.doesNotMatch(text, /admin|Ada/i);
  });

  for (const query of ['', 'state=active', 'phpBelow=9', 'country=DE', 'q=s', 'q=.org'])
    it(`gives all of a list by its cursors, each once: ${query || 'newest'}`, async () => {
      const whole = await listed(`/sites?${query}`);
      const found: string[] = [];
      let path = `${API}/projects/${PROJECT.slug}/sites?${query}&limit=5`.replace('?&', '?');
      for (;;) {
        const { body, headers } = await dashboard.get<ListAnswer<SiteItem>>(path, { as: OWNER });
        found.push(...body.items.map(({ site }) => site));
        assert.equal(headers.get('cache-control'), 'no-store');
        const link = /^<(.+)>; rel="next"$/.exec(headers.get('link') ?? '')?.[1];
        assert.equal(link === undefined, body.next === null);
        if (link === undefined) break;
        path = link;
      }
      assert.deepEqual(
        found,
        whole.items.map(({ site }) => site),
      );
    });

  describe('takes a cursor back only as it was given', () => {
    const HOSTS = '/sites?q=s&limit=3';
    const cursorOf = async (path = HOSTS) => (await listed(path)).next ?? '';

    it('with the same filters, order and project', async () => {
      const cursor = await cursorOf();
      assert.equal((await get(`${HOSTS}&cursor=${cursor}`)).status, 200);
      for (const path of ['/sites?q=s1', '/sites?q=s&sort=-site', '/sites?q=s&state=left', '/deactivations?limit=3']) {
        assert.deepEqual(await refused(`${path}&cursor=${cursor}`), [400, 'cursor']);
      }
    });

    it('unchanged', async () => {
      const cursor = await cursorOf();
      const text = Buffer.from(cursor, 'base64url').toString();
      for (const changed of [text.replace(PROJECT.hash, OTHERS[0]?.hash ?? ''), `x${text}`, text.slice(0, -1), '']) {
        assert.notEqual(changed, text);
        const tampered = Buffer.from(changed).toString('base64url');
        assert.deepEqual(await refused(`${HOSTS}&cursor=${tampered}`), [400, 'cursor']);
      }
    });
  });

  it('one site: under the keys of the project, and without its people and plugins', async () => {
    const { body, text } = await get<SiteAnswer>(`/sites/${siteId('s7.example.org')}`, ANALYST);
    const { site, state, customFields, url, optedOut, deactivation } = body;
    assert.deepEqual(
      { site, state, customFields, url, optedOut, deactivation },
      {
        ...{ site: 's7.example.org', state: 'silent', url: 'https://s7.example.org/', optedOut: true },
        ...{ customFields: { plan: 'pro', forms_count: 7 }, deactivation: null },
      },
    );
    assert.doesNotMatch(text, /admin|Ada|plugins/i);
    assert.equal((await get(`/sites/${siteId('elsewhere.example')}`)).status, 404);
    assert.equal((await get('/sites/%00')).status, 404);
  });

  it('one site: its days, of which each is one', async () => {
    const row = { project_hash: PROJECT.hash, site: 's1.example.org', environment: 'production', php: '8.2' };
    await dashboard.dataset.table('site_days').insert([
      { ...row, day: '2026-03-01', last_kind: 'report', version: '3.1.0' },
      { ...row, day: '2026-03-08', last_kind: 'left', version: '3.2.0', wordpress: '6.8' },
      { ...row, day: '2026-03-08', last_kind: 'report', version: '3.0', environment: 'staging' },
      { ...row, day: '2025-01-01', last_kind: 'report', version: '1.0' },
      { ...row, day: '2026-03-02', last_kind: 'report', site: 's2.example.org' },
    ]);
    const { body } = await get<SiteHistoryAnswer>(`/sites/${siteId('s1.example.org')}/history`);
    assert.deepEqual(body.days, [
      { day: '2026-03-01', kind: 'report', version: '3.1.0', php: '8.2', wordpress: null },
      { day: '2026-03-08', kind: 'left', version: '3.2.0', php: '8.2', wordpress: '6.8' },
    ]);
  });

  it('deactivations: newest first, with what was said', async () => {
    const { items } = await listed<DeactivationItem>('/deactivations');
    assert.deepEqual(items[1], {
      ...{ at: '2026-03-03T10:00:00.000Z', site: 's1.example.org', siteId: siteId('s1.example.org') },
      ...{ reason: 'too-slow', text: '=cmd|x', version: '3.2.0', ageDays: 3, returned: false },
    });
    const sitesOf = async (query: string) =>
      (await listed<DeactivationItem>(`/deactivations?${query}`)).items.map(({ site }) => site[1]);
    assert.deepEqual(await sitesOf('sort=at'), ['0', '1', '2']);
    assert.deepEqual(await sitesOf('reason=none'), ['2']);
    assert.deepEqual(await sitesOf('reason=too-slow&hasText=true'), ['1']);
    assert.deepEqual(await sitesOf('reason=too-slow&hasText=false'), []);
    assert.deepEqual(await sitesOf('hasReason=false'), ['0']);
    assert.deepEqual(await sitesOf('hasReason=true'), ['2', '1']);
    assert.deepEqual(await refused('/deactivations?reason=none&hasReason=false'), [400, 'hasReason']);
    assert.deepEqual(await sitesOf('version=3.2.0&since=2026-03-03&until=2026-03-04'), ['1']);
  });

  describe('notes in the audit', () => {
    it('who was told whose address, before it is told', async () => {
      const { body } = await get<ContactAnswer>(`/sites/${siteId('s1.example.org')}/contact`);
      assert.deepEqual(body, { email: 'Admin1@Example.org', firstName: 'Ada', lastName: '=1+1' });
      const optedOut = await get<ContactAnswer>(`/sites/${siteId('s3.example.org')}/contact`);
      assert.deepEqual(optedOut.body, { email: null, firstName: null, lastName: null });
      const rows = (await dashboard.audits()).filter(({ resource }) => resource === 's1.example.org');
      assert.deepEqual(
        rows.map(({ actor, role, action, outcome }) => [actor, role, action, outcome]).sort(),
        ['begun', 'done'].map((outcome) => [OWNER, 'owner', 'contact', outcome]),
      );
    });

    it('no address that a file was asked for by, but the digest of it', async () => {
      await get('/sites?format=csv&email=Admin1@example.org');
      await get('/sites?format=csv&email=admin1@EXAMPLE.org');
      const rows = (await dashboard.audits()).filter(({ filters }) => String(filters).startsWith('email='));
      assert.equal(rows.length, 4);
      assert.deepEqual(
        [...new Set(rows.map(({ filters }) => filters))],
        [`email=${addressDigest(PROJECT.hash, 'admin1@example.org')}`],
      );
      assert.doesNotMatch(JSON.stringify(await listed('/audit')), /admin1/i);
    });

    it('nothing without its row', async () => {
      const { append } = dashboard.stores.audits;
      dashboard.stores.audits.append = async () => Promise.reject(new Error('no audit'));
      try {
        for (const path of [`/sites/${siteId('s1.example.org')}/contact`, '/sites?format=csv']) {
          const { status, text } = await get(path);
          assert.equal(status, 500);
          assert.doesNotMatch(text, /example\.org/);
        }
      } finally {
        dashboard.stores.audits.append = append;
      }
    });

    it('is listed for owners, newest first, an action once', async () => {
      await get(`/sites/${siteId('s1.example.org')}/contact`);
      await get('/sites?format=ndjson&state=active');
      const first = await listed<AuditItem>('/audit?limit=1');
      assert.deepEqual(
        first.items.map(({ actor, action, resource, filters, rows, outcome }) => ({
          ...{ actor, action, resource, filters, rows, outcome },
        })),
        [{ actor: OWNER, action: 'export', resource: 'sites', filters: 'state=active', rows: 4, outcome: 'done' }],
      );
      const rest = await listed<AuditItem>(`/audit?limit=200&cursor=${first.next}`);
      assert.ok(rest.items.length >= 1);
      assert.ok(!rest.items.some(({ requestId }) => requestId === first.items[0]?.requestId));
    });
  });

  describe('as files', () => {
    it('CSV: opens as text whatever is in it, and begins with a byte order mark', async () => {
      const { text, headers } = await get('/deactivations?format=csv');
      assert.equal(headers.get('content-type'), 'text/csv; charset=utf-8');
      assert.equal(headers.get('content-disposition'), 'attachment; filename="test-deactivations-2026-03-10.csv"');
      const lines = text.split('\r\n');
      assert.equal(lines[0], '\ufeffat,site,reason,text,version,ageDays,returned');
      assert.equal(lines[2], "2026-03-03T10:00:00.000Z,s1.example.org,too-slow,'=cmd|x,3.2.0,3,false");
      assert.equal(lines.length, 5);
    });

    it('NDJSON: ends by saying that it is whole', async () => {
      const { text, headers } = await get('/sites?format=ndjson&state=active');
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
      const { text } = await get('/sites?format=csv&include=contacts&q=s');
      const lines = text.split('\r\n');
      assert.match(lines[0] ?? '', /,theme,email,firstName,lastName$/);
      assert.match(lines.find((line) => line.startsWith('s1.')) ?? '', /,Admin1@Example\.org,Ada,'=1\+1$/);
      assert.match(lines.find((line) => line.startsWith('s3.')) ?? '', /,astra,,,$/);
    });

    it('break off when they fail midway: no file is silently short', async () => {
      const { siteLists } = dashboard.stores;
      const { page } = siteLists;
      let pages = 0;
      siteLists.page = async (project, filter, request) => {
        pages += 1;
        if (pages > 1) throw new Error('the store is gone');
        return page(project, filter, { ...request, limit: 5 });
      };
      try {
        await assert.rejects(get('/sites?format=csv&environment=any'));
      } finally {
        siteLists.page = page;
      }
      const rows = (await dashboard.audits()).filter(({ filters }) => filters === 'environment=any');
      assert.deepEqual(rows.map(({ outcome, rows }) => [outcome, rows]).sort(), [
        ['begun', null],
        ['failed', 5],
      ]);
    });
  });
});
