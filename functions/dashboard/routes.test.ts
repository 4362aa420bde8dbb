import assert from 'node:assert/strict';
import { connect } from 'node:net';
import type { Project } from '../../shared/project/project.ts';
import { TEST_PROJECT } from '../../shared/testing/events.ts';
import type { MeAnswer, Problem, ProjectsAnswer } from './api.ts';
import { parametersOf } from './read-query.ts';
import { API } from './router.ts';
import { ROUTES } from './routes.ts';
import { siteId } from './site-id.ts';
import { bearer, OPERATOR, type OwnDashboard, openOwnDashboard, PAGE } from './testing/own-dashboard.ts';
import { NOW, publishSampleFigures } from './testing/sample-figures.ts';
import { insertSampleSites } from './testing/sample-sites.ts';
import { OPERATIONS, openapiPath } from './testing/validate-answer.ts';

const OWNER = 'olga@example.org';
const ANALYST = 'ann@example.org';
const STRANGER = 'sam@example.com';
const PROJECT: Project = {
  ...TEST_PROJECT,
  access: [
    { email: OWNER, role: 'owner' },
    { email: ANALYST, role: 'analyst' },
  ],
};
const FOREIGN: Project = { ...TEST_PROJECT, hash: '00000000-0000-4000-8000-000000000002', slug: 'foreign' };

/** What stands for a route's `:name`s, and what its query needs. */
const PARAMS: Record<string, string> = { version: '3.2.0', dimension: 'php', id: siteId('s1.example.org') };
const QUERIES: Record<string, string> = { '/support': '?below=8.0' };

function pathOf(path: string, slug: string): string {
  const filled = path.replace(':slug', slug).replace(/:(\w+)/g, (_, name: string) => PARAMS[name] as string);
  return `${filled}${Object.entries(QUERIES).find(([end]) => path.endsWith(end))?.[1] ?? ''}`;
}

describe('the dashboard', () => {
  let dashboard: OwnDashboard;
  before(async () => {
    dashboard = await openOwnDashboard([PROJECT, FOREIGN], NOW);
    await publishSampleFigures(dashboard.db, PROJECT.hash);
    await insertSampleSites(dashboard.db, PROJECT, 3);
  });
  after(() => dashboard.close());

  describe('shows each route to whom it is for', () => {
    for (const { path, may } of ROUTES) {
      it(`${path}: ${may}`, async () => {
        const own = pathOf(path, PROJECT.slug);
        const statusOf = async (as?: string) => (await dashboard.get(own, as === undefined ? {} : { as })).status;
        assert.deepEqual(
          {
            nobody: await statusOf(),
            stranger: await statusOf(STRANGER),
            analyst: await statusOf(ANALYST),
            owner: await statusOf(OWNER),
            operator: await statusOf(OPERATOR),
          },
          {
            nobody: 401,
            stranger: may === 'signed-in' ? 200 : 404,
            analyst: may === 'owner' ? 404 : 200,
            owner: 200,
            operator: 200,
          },
        );
      });
    }

    it('takes a project of others for none', async () => {
      for (const { path, may } of ROUTES.filter(({ may }) => may !== 'signed-in')) {
        const [foreign, missing] = await Promise.all(
          [FOREIGN.slug, 'nowhere'].map((slug) => dashboard.get<Problem>(pathOf(path, slug), { as: OWNER })),
        );
        assert.deepEqual(withoutInstance(foreign), withoutInstance(missing), `${path} (${may})`);
        assert.equal(foreign?.status, 404);
      }
    });

    it('lists the projects of whoever asks, and all to an operator', async () => {
      const slugsOf = async (as: string) =>
        (await dashboard.get<ProjectsAnswer>(`${API}/projects`, { as })).body.projects.map(({ slug, role }) => [
          slug,
          role,
        ]);
      assert.deepEqual(await slugsOf(STRANGER), []);
      assert.deepEqual(await slugsOf(ANALYST), [['test', 'analyst']]);
      assert.deepEqual(await slugsOf(OPERATOR), [
        ['foreign', 'owner'],
        ['test', 'owner'],
      ]);
    });

    it('tells whoever asks of his roles', async () => {
      const rolesOf = async (as: string) => (await dashboard.get<MeAnswer>(`${API}/me`, { as })).body.roles;
      assert.deepEqual(await rolesOf(STRANGER), []);
      assert.deepEqual(await rolesOf(ANALYST), [{ project: 'test', role: 'analyst' }]);
      assert.deepEqual(
        (await rolesOf(OPERATOR)).map(({ project, role }) => [project, role]),
        [
          ['foreign', 'owner'],
          ['test', 'owner'],
        ],
      );
    });

    it('knows an address in any case', async () => {
      const { body } = await dashboard.get<MeAnswer>(`${API}/me`, { as: OWNER.toUpperCase() });
      assert.deepEqual(body, { email: OWNER, isOperator: false, roles: [{ project: 'test', role: 'owner' }] });
    });
  });

  it('knows who comes by `gcloud run services proxy`, whatever else they say to be', async () => {
    const headers = { 'x-serverless-authorization': bearer(ANALYST), authorization: bearer(OPERATOR) };
    const { email, isOperator } = (await dashboard.get<MeAnswer>(`${API}/me`, { headers })).body;
    assert.deepEqual({ email, isOperator }, { email: ANALYST, isOperator: false });
  });

  describe('describes itself', () => {
    it('has every route in openapi.json, and no other', () => {
      const described = Object.entries(OPERATIONS).flatMap(([path, methods]) =>
        Object.keys(methods).map((method) => `${method} ${path}`),
      );
      const there = ROUTES.map(({ method, path }) => `${method.toLowerCase()} ${openapiPath(path)}`);
      assert.deepEqual(described.sort(), [...there, 'post /session'].sort());
    });

    for (const { method, path, Query } of ROUTES)
      it(`names the parameters of ${path}`, () => {
        const described = OPERATIONS[openapiPath(path)]?.[method.toLowerCase()]?.parameters ?? [];
        const named = (place: string) => described.filter((one) => one.in === place).map(({ name }) => name);
        assert.deepEqual(
          named('query').sort(),
          parametersOf(Query)
            .map((name) => (name === 'fields' ? 'field.KEY' : name))
            .sort(),
        );
        assert.deepEqual(
          named('path'),
          [...path.matchAll(/:(\w+)/g)].map(([, name]) => name),
        );
      });
  });

  describe('gives strangers nothing', () => {
    const HEADERS: Record<string, Record<string, string>> = {
      'an unsigned header of the proxy': { 'x-goog-authenticated-user-email': `accounts.google.com:${OWNER}` },
      'an assertion of the proxy, which is not asked here': { 'x-goog-iap-jwt-assertion': 'a.b.c' },
      'a token that is none': { authorization: 'Bearer nothing' },
      'a token without an address': { authorization: `Bearer e30.${Buffer.from('{}').toString('base64url')}.` },
      'a token whose address nobody verified': {
        authorization: `Bearer e30.${Buffer.from(JSON.stringify({ email: OWNER })).toString('base64url')}.`,
      },
      'a token that nobody checked beside one that is none': {
        authorization: bearer(OPERATOR),
        'x-serverless-authorization': 'Bearer nothing',
      },
      'a cookie': { cookie: 'sitebeat_session=x' },
    };
    for (const [title, headers] of Object.entries(HEADERS))
      it(title, async () => {
        const answers = await Promise.all(
          [PROJECT.slug, 'nowhere'].map((slug) => dashboard.get(`${API}/projects/${slug}/sites`, { headers })),
        );
        assert.deepEqual(
          answers.map(({ status }) => status),
          [401, 401],
        );
        assert.deepEqual(withoutInstance(answers[0]), withoutInstance(answers[1]));
      });

    const SITES = `${API}/projects/${PROJECT.slug}/sites`;
    const MANY = Array.from({ length: 10_000 }, (_, n) => `field.f${n}=x`).join('&');
    for (const { title, path, status } of [
      { title: 'an operator of a query language', path: `${SITES}?state[$ne]=x`, status: 400 },
      { title: 'an object', path: `${SITES}?state[]=active`, status: 400 },
      { title: 'a parameter twice', path: `${SITES}?state=active&state=left`, status: 400 },
      { title: 'a parameter that is not known', path: `${SITES}?stat=active`, status: 400 },
      { title: 'the name under which the class has its fields', path: `${SITES}?fields=x`, status: 400 },
      { title: 'more fields than there may be', path: `${SITES}?${MANY.slice(0, 7000)}`, status: 400 },
      { title: '10,000 filters', path: `${SITES}?${MANY}`, status: 400 },
      { title: 'a longer url than there may be', path: `${SITES}?q=${'x'.repeat(9000)}`, status: 404 },
      { title: 'a prototype', path: `${SITES}?__proto__=x`, status: 400 },
      { title: 'a cursor of nobody', path: `${SITES}?cursor=AAAA`, status: 400 },
      { title: 'a path with an escape that is none', path: `${API}/projects/%zz/sites`, status: 404 },
      { title: 'another method', path: SITES, status: 405 },
    ])
      it(`${title}: ${status}`, async () => {
        const answer = await dashboard.get(path, {
          as: OWNER,
          ...(status === 405 && { method: 'DELETE' }),
        });
        assert.equal(answer.status, status);
        assert.equal(answer.headers.get('content-type'), 'application/problem+json');
        assert.match(answer.body.instance, /^req_[0-9a-f]{16}$/);
      });

    it('a url of a mebibyte: 400', async () => {
      const { hostname, port } = new URL(dashboard.url);
      const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
      socket.end(`GET ${API}/me?${'x'.repeat(2 ** 20)} HTTP/1.1\r\nHost: dashboard\r\n\r\n`);
      const [head, body] = Buffer.concat(await socket.toArray())
        .toString()
        .split('\r\n\r\n');
      assert.match(head ?? '', /^HTTP\/1\.1 400 [\s\S]*\r\nContent-Type: application\/problem\+json/);
      assert.equal(JSON.parse(body ?? '').type, '/problems/too-large');
    });

    it('takes no POST but the page’s own', async () => {
      const { status } = await dashboard.get(`${API}/me`, { as: OWNER, method: 'POST' });
      assert.equal(status, 400);
      const own = { as: OWNER, method: 'POST', headers: { 'x-sitebeat': '1' } };
      assert.equal((await dashboard.get(`${API}/me`, own)).status, 405);
      assert.equal((await dashboard.get(`${API}/session`, own)).status, 404);
    });

    it('answers no other format than JSON', async () => {
      const { status } = await dashboard.get(`${API}/me`, { as: OWNER, headers: { accept: 'text/csv' } });
      assert.equal(status, 406);
    });

    it('logs the outcome alone', async () => {
      dashboard.lines.length = 0;
      await dashboard.get(`${SITES}?email=admin@example.org&q=secret`, { as: OWNER });
      assert.deepEqual(
        dashboard.lines.map(({ severity, message }) => [severity, message]),
        [['DEBUG', 'answered']],
      );
      const { requestId, route, status, durationMs, ...rest } = dashboard.lines[0]?.fields ?? {};
      assert.deepEqual(rest, {});
      assert.match(String(requestId), /^req_/);
      assert.deepEqual([route, status, typeof durationMs], [`${API}/projects/:slug/sites`, 200, 'number']);
    });
  });

  it('serves the page to anybody, and its files for ever', async () => {
    const [page, asset, missing] = await Promise.all(
      ['/p/test/sites', '/app-1a2b.js', '/app-gone.js'].map((path) => dashboard.get(path)),
    );
    assert.deepEqual([page?.status, page?.text, page?.headers.get('cache-control')], [200, PAGE, 'no-cache']);
    assert.match(page?.headers.get('content-security-policy') ?? '', /^default-src 'none'; script-src 'self'/);
    assert.equal(asset?.headers.get('cache-control'), 'public, max-age=31536000, immutable');
    assert.equal(asset?.headers.get('x-content-type-options'), 'nosniff');
    assert.equal(missing?.status, 404);
  });
});

function withoutInstance(answer: { status: number; body: Problem } | undefined) {
  return { status: answer?.status, body: { ...answer?.body, instance: '' } };
}
