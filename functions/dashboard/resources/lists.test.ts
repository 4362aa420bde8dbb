import assert from 'node:assert/strict';
import type { DeactivationItem, ListAnswer, SiteAnswer, SiteHistoryAnswer, SiteItem } from '../api.ts';
import { API } from '../router.ts';
import { siteId } from '../site-id.ts';
import { ANALYST, OTHERS, OWNER, type OwnLists, openOwnLists, PROJECT } from '../testing/own-lists.ts';

describe('lists', () => {
  let own: OwnLists;
  before(async () => {
    own = await openOwnLists();
  });
  after(() => own.dashboard.close());

  const numbers = ({ items }: ListAnswer<SiteItem>) => items.map(({ site }) => Number(/^s(\d+)/.exec(site)?.[1]));

  it('sites: the newest seen first, and the other way round', async () => {
    assert.deepEqual(numbers(await own.listed('/sites')), [11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
    assert.deepEqual(numbers(await own.listed('/sites?sort=lastSeen&limit=3')), [0, 1, 2]);
    assert.deepEqual(await own.refused('/sites?sort=name'), [400, 'sort']);
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
    it(`sites: ${query}`, async () => assert.deepEqual(numbers(await own.listed(`/sites?${query}`)), expected));

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
    it(`sites: not ${query}`, async () => assert.deepEqual(await own.refused(`/sites?${query}`), [400, parameter]));

  it('leaves addresses to owners', async () => {
    assert.deepEqual(await own.refused('/sites?email=a@example.org', ANALYST), [400, 'email']);
    assert.deepEqual(await own.refused('/sites?format=csv&include=contacts', ANALYST), [400, 'include']);
    const { text } = await own.get('/sites', OWNER);
    assert.doesNotMatch(text, /admin|Ada/i);
  });

  for (const query of ['', 'state=active', 'phpBelow=9', 'country=DE', 'q=s', 'q=.org'])
    it(`gives all of a list by its cursors, each once: ${query || 'newest'}`, async () => {
      const whole = await own.listed(`/sites?${query}`);
      const found: string[] = [];
      let path = `${API}/projects/${PROJECT.slug}/sites?${query}&limit=5`.replace('?&', '?');
      for (;;) {
        const { body, headers } = await own.dashboard.get<ListAnswer<SiteItem>>(path, { as: OWNER });
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
    const cursorOf = async (path = HOSTS) => (await own.listed(path)).next ?? '';

    it('with the same filters, order and project', async () => {
      const cursor = await cursorOf();
      assert.equal((await own.get(`${HOSTS}&cursor=${cursor}`)).status, 200);
      for (const path of ['/sites?q=s1', '/sites?q=s&sort=-site', '/sites?q=s&state=left', '/deactivations?limit=3']) {
        assert.deepEqual(await own.refused(`${path}&cursor=${cursor}`), [400, 'cursor']);
      }
    });

    it('unchanged', async () => {
      const cursor = await cursorOf();
      const text = Buffer.from(cursor, 'base64url').toString();
      for (const changed of [text.replace(PROJECT.hash, OTHERS[0]?.hash ?? ''), `x${text}`, text.slice(0, -1), '']) {
        assert.notEqual(changed, text);
        const tampered = Buffer.from(changed).toString('base64url');
        assert.deepEqual(await own.refused(`${HOSTS}&cursor=${tampered}`), [400, 'cursor']);
      }
    });
  });

  it('one site: under the keys of the project, and without its people and plugins', async () => {
    const { body, text } = await own.get<SiteAnswer>(`/sites/${siteId('s7.example.org')}`, ANALYST);
    const { site, state, customFields, url, optedOut, deactivation } = body;
    assert.deepEqual(
      { site, state, customFields, url, optedOut, deactivation },
      {
        ...{ site: 's7.example.org', state: 'silent', url: 'https://s7.example.org/', optedOut: true },
        ...{ customFields: { plan: 'pro', forms_count: 7 }, deactivation: null },
      },
    );
    assert.doesNotMatch(text, /admin|Ada|plugins/i);
    assert.equal((await own.get(`/sites/${siteId('elsewhere.example')}`)).status, 404);
    assert.equal((await own.get('/sites/%00')).status, 404);
  });

  it('one site: its days, of which each is one', async () => {
    const row = { project_hash: PROJECT.hash, site: 's1.example.org', environment: 'production', php: '8.2' };
    await own.dashboard.dataset.table('site_days').insert([
      { ...row, day: '2026-03-01', last_kind: 'report', version: '3.1.0' },
      { ...row, day: '2026-03-08', last_kind: 'left', version: '3.2.0', wordpress: '6.8' },
      { ...row, day: '2026-03-08', last_kind: 'report', version: '3.0', environment: 'staging' },
      { ...row, day: '2025-01-01', last_kind: 'report', version: '1.0' },
      { ...row, day: '2026-03-02', last_kind: 'report', site: 's2.example.org' },
    ]);
    const { body } = await own.get<SiteHistoryAnswer>(`/sites/${siteId('s1.example.org')}/history`);
    assert.deepEqual(body.days, [
      { day: '2026-03-01', kind: 'report', version: '3.1.0', php: '8.2', wordpress: null },
      { day: '2026-03-08', kind: 'left', version: '3.2.0', php: '8.2', wordpress: '6.8' },
    ]);
  });

  it('deactivations: newest first, with what was said', async () => {
    const { items } = await own.listed<DeactivationItem>('/deactivations');
    assert.deepEqual(items[1], {
      ...{ at: '2026-03-03T10:00:00.000Z', site: 's1.example.org', siteId: siteId('s1.example.org') },
      ...{ reason: 'too-slow', text: '=cmd|x', version: '3.2.0', ageDays: 3, returned: false },
    });
    const sitesOf = async (query: string) =>
      (await own.listed<DeactivationItem>(`/deactivations?${query}`)).items.map(({ site }) => site[1]);
    assert.deepEqual(await sitesOf('sort=at'), ['0', '1', '2']);
    assert.deepEqual(await sitesOf('reason=none'), ['2']);
    assert.deepEqual(await sitesOf('reason=too-slow&hasText=true'), ['1']);
    assert.deepEqual(await sitesOf('reason=too-slow&hasText=false'), []);
    assert.deepEqual(await sitesOf('hasReason=false'), ['0']);
    assert.deepEqual(await sitesOf('hasReason=true'), ['2', '1']);
    assert.deepEqual(await own.refused('/deactivations?reason=none&hasReason=false'), [400, 'hasReason']);
    assert.deepEqual(await sitesOf('version=3.2.0&since=2026-03-03&until=2026-03-04'), ['1']);
  });
});
