import assert from 'node:assert/strict';
import type { Browser } from 'playwright-core';
import { buildPage } from '../../build-page.ts';
import { type DashboardPage, NOW, openDashboard } from './testing/dashboard-page.ts';
import { fixtureAnswer } from './testing/fixture-answers.ts';
import { GENERATION } from './testing/fixture-figures.ts';
import { type FixtureServer, startFixtureServer } from './testing/fixture-server.ts';
import { findChromium, openBrowser } from './testing/open-browser.ts';

describe("the page's state in Chromium", function () {
  this.timeout(60_000);
  let server: FixtureServer;
  let browser: Browser;
  let dashboard: DashboardPage;

  before(async function () {
    const chromium = findChromium();
    if (chromium === undefined) {
      console.log('      skipped: there is no chromium on this machine (apt-get install chromium)');
      this.skip();
    }
    const { files } = await buildPage(new URL('./', import.meta.url), new URL('../../../', import.meta.url));
    [server, browser] = await Promise.all([startFixtureServer(files), openBrowser(chromium)]);
  });
  beforeEach(async () => {
    server.instead = () => undefined;
    dashboard = await openDashboard(browser, server);
  });
  afterEach(async () => {
    await dashboard.context.close();
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  /** Answers of one path are others. */
  const answer = (path: string, body: unknown, status = 200) => {
    server.instead = ({ pathname }) => (pathname === `/api/v1${path}` ? { status, body } : undefined);
  };

  it('has every control in the address: a copied link shows the same, and back goes back', async () => {
    const { page } = dashboard;
    const controls: { path: string; use: () => Promise<unknown>; url: RegExp }[] = [
      { path: '/p/my-forms', use: () => page.getByLabel('Period').selectOption('91d'), url: /\?period=91d$/ },
      { path: '/p/my-forms', use: () => page.getByLabel('Compare with').selectOption('none'), url: /\?compare=none$/ },
      {
        path: '/p/my-forms',
        use: () => page.getByRole('button', { name: 'Table: Active sites' }).click(),
        url: /\?tables=active$/,
      },
      {
        path: '/p/my-forms',
        use: () => page.getByRole('button', { name: 'Went silent' }).click(),
        url: /\?hide=flows.silent$/,
      },
      {
        path: '/p/my-forms/adoption',
        use: () => page.getByRole('button', { name: 'Known' }).click(),
        url: /\?hide=newest.known$/,
      },
      {
        path: '/p/my-forms/environment',
        use: () => page.getByLabel('Can I drop').selectOption('wordpress'),
        url: /\?drop=wordpress$/,
      },
      {
        path: '/p/my-forms/environment',
        use: () => page.getByLabel('at a share under').selectOption('1'),
        url: /\?threshold=1$/,
      },
      {
        path: '/p/my-forms/environment',
        use: () => page.getByRole('link', { name: 'More' }).first().click(),
        url: /\?more=php$/,
      },
      {
        path: '/p/my-forms/deactivations',
        use: () => page.getByLabel('Reason').selectOption('too-slow'),
        url: /\?reason=too-slow$/,
      },
      { path: '/p/my-forms/deactivations', use: () => page.getByLabel('Also without words').check(), url: /\?all=1$/ },
      {
        path: '/p/my-forms/sites',
        use: () => page.getByLabel('State').selectOption('left'),
        url: /\?state=left$/,
      },
      {
        path: '/p/my-forms/sites',
        use: () =>
          page
            .getByLabel('PHP below')
            .fill('8.0')
            .then(() => page.keyboard.press('Enter')),
        url: /\?phpBelow=8.0$/,
      },
    ];
    const copy = await openDashboard(browser, server);
    for (const { path, use, url } of controls) {
      await dashboard.open(path);
      const before = await shown(dashboard);
      await use();
      await page.waitForURL(url);
      await dashboard.settled();
      const after = await shown(dashboard);
      assert.notEqual(after, before, `${url} shows something else`);
      await copy.open(page.url().slice(server.url.length));
      assert.equal(await shown(copy), after, `the copied link ${url} shows the same`);
    }
    await page.getByLabel('State').selectOption('left');
    await page.waitForURL(/state=left/);
    await page.goBack();
    await page.waitForURL(/\?phpBelow=8.0$/);
    await page.getByRole('link', { name: 'Drop the filter PHP below: 8.0' }).click();
    await page.waitForURL(/\/sites$/);
    await copy.context.close();
  });

  /** What is read, and what is set. */
  const shown = async ({ page }: DashboardPage) =>
    `${await page.locator('body').innerText()}${await page.evaluate(
      "[...document.querySelectorAll('input, select, [aria-pressed]')].map((one) => [one.value, one.checked, one.ariaPressed]).join()",
    )}`;

  it('turns the token of a local link into a session, and takes it out of the address', async () => {
    await dashboard.open('/p/my-forms#token=abc_123');
    assert.ok(server.asked.includes('/api/v1/session'));
    assert.equal(dashboard.page.url(), `${server.url}/p/my-forms`);
  });

  it('says what to do without identity', async () => {
    server.instead = ({ pathname }) =>
      pathname.startsWith('/api/')
        ? { status: 401, body: { title: 'Nobody is signed in', status: 401, instance: 'req_1' } }
        : undefined;
    await dashboard.open('/p/my-forms');
    assert.match(await dashboard.text(), /You are not signed in.*npm start/s);
  });

  it('keeps the page when a panel fails, with the request to tell of, and tries again', async () => {
    answer(
      '/projects/my-forms/advisories',
      { title: 'A store is out of reach', status: 503, instance: 'req_8f2c' },
      503,
    );
    await dashboard.open('/p/my-forms/adoption');
    const failed = dashboard.page.getByRole('alert');
    assert.match(await failed.innerText(), /The advisories could not be loaded\. A store is out of reach\..*req_8f2c/s);
    assert.match(await dashboard.text('.answer'), /^3\.2\.0, out for 9 days, runs on 59%/);
    server.instead = () => undefined;
    await failed.getByRole('button', { name: 'Retry' }).click();
    await dashboard.page.getByRole('heading', { name: '2026-2: Stored XSS in the entries list' }).waitFor();
    assert.equal(await failed.count(), 0);
  });

  it('asks once more when a panel is of an older rebuild than another', async () => {
    const of = (generation: number) => ({
      ...(fixtureAnswer('/api/v1/projects/my-forms/advisories', new URLSearchParams()) as object),
      generation,
    });
    let asked = 0;
    server.instead = ({ pathname }) => {
      if (!pathname.endsWith('/advisories')) return undefined;
      asked += 1;
      return { status: 200, body: of(asked === 1 ? GENERATION - 1 : GENERATION) };
    };
    await dashboard.open('/p/my-forms/adoption');
    assert.equal(asked, 2);
    asked = -99;
    await dashboard.open('/p/my-forms/adoption');
    assert.equal(asked, -98, 'an answer of the same rebuild is not asked for again');
  });

  it('does not ask for ever when an older rebuild is all that comes', async () => {
    let asked = 0;
    const old = fixtureAnswer('/api/v1/projects/my-forms/advisories', new URLSearchParams()) as object;
    server.instead = ({ pathname }) => {
      if (!pathname.endsWith('/advisories')) return undefined;
      asked += 1;
      return { status: 200, body: { ...old, generation: GENERATION - 1 } };
    };
    await dashboard.open('/p/my-forms/adoption');
    assert.equal(asked, 2);
  });

  it('warns when the figures are more than two hours old, and only then', async () => {
    await dashboard.open('/p/my-forms');
    assert.match(
      await dashboard.text('.freshness'),
      /Data through 24 Nov 2026 \(UTC\).*rebuilt 12 minutes ago.*newest report 40 sec/s,
    );
    assert.equal(await dashboard.page.locator('.notice').count(), 0);
    const late = await openDashboard(browser, server, { now: NOW + 2 * 3_600_000 });
    await late.open('/p/my-forms');
    assert.match(await late.text('.notice'), /^These figures are late: the last rebuild was 2 hours ago/);
    await late.context.close();
  });

  it('says why there is nothing, and what to do about it', async () => {
    answer('/projects', { projects: [] });
    await dashboard.open('/');
    assert.match(await dashboard.text(), /npx sitebeat projects create --name/);
    answer('/projects/my-forms/overview', { title: 'There are no figures yet', status: 409, instance: 'req_1' }, 409);
    await dashboard.open('/p/my-forms');
    assert.match(await dashboard.text(), /No figures yet/);
    answer('/projects/my-forms/sites', { items: [], next: null, complete: true });
    await dashboard.open('/p/my-forms/sites?state=left&version=9.9');
    assert.match(
      await dashboard.text('section[aria-label=Sites]'),
      /No site fits all of these filters\..*State: left ×.*Version: 9\.9 ×/s,
    );
    await dashboard.open('/p/nobodys');
    assert.match(await dashboard.text(), /There is no project of that name, or you have no role in it\./);
  });

  it('compares reasons with the days before, and with nothing where there are no figures of them', async () => {
    await dashboard.open('/p/my-forms/deactivations');
    const reason = dashboard.page.getByRole('row', { name: /found a better plugin/ }).first();
    assert.match(await reason.innerText(), /\s[+-]?\d+$/);
    await dashboard.open('/p/my-forms/deactivations?period=364d');
    assert.match(await reason.innerText(), /\s–$/);
  });

  it('goes to the only project there is', async () => {
    const { projects } = fixtureAnswer('/api/v1/projects', new URLSearchParams()) as { projects: unknown[] };
    answer('/projects', { projects: projects.slice(0, 1) });
    await dashboard.open('/');
    await dashboard.page.waitForURL('**/p/my-forms');
  });

  it('goes on with a list, and shows a contact to an owner who asks for it alone', async () => {
    const { page } = dashboard;
    await dashboard.open('/p/my-forms/sites');
    const rows = page.getByRole('table', { name: 'Sites' }).getByRole('row');
    assert.equal(await rows.count(), 13);
    await page.getByRole('button', { name: 'More sites' }).click();
    await page.getByText('5,000 were looked at for this page').waitFor();
    assert.equal(await rows.count(), 25);
    await page.getByRole('link', { name: 'shop-5.example' }).click();
    await dashboard.settled();
    assert.ok(!server.asked.some((path) => path.endsWith('/contact')), 'nobody asked for a contact yet');
    await page.getByRole('button', { name: 'Show name and address' }).click();
    await page.getByText('owner@shop-0.example').waitFor();
  });

  it('has the filters in a sheet on a phone', async () => {
    const phone = await openDashboard(browser, server, { width: 320 });
    await phone.open('/p/my-forms/sites');
    await phone.page.getByRole('button', { name: 'Filters' }).click();
    await phone.page.getByRole('dialog').getByLabel('State').selectOption('active');
    await phone.page.getByRole('button', { name: 'Show the sites' }).click();
    await phone.page.waitForURL(/\?state=active$/);
    await phone.page.getByRole('button', { name: 'Filters (1)' }).waitFor();
    await phone.context.close();
  });

  it('saves a chart as numbers and as an image', async () => {
    await dashboard.open('/p/my-forms');
    for (const { kind, begins } of [
      { kind: 'CSV', begins: '\uFEFFDay (UTC),Active sites\r\n2026-10-28,12' },
      { kind: 'PNG', begins: '\u0089PNG' },
    ]) {
      const saved = dashboard.page.waitForEvent('download');
      await dashboard.page.getByRole('button', { name: `${kind}: Active sites` }).click();
      const download = await saved;
      assert.equal(download.suggestedFilename(), `active.${kind.toLowerCase()}`);
      const chunks: Buffer[] = [];
      for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer);
      const start = Buffer.concat(chunks).toString(kind === 'CSV' ? 'utf8' : 'latin1');
      assert.ok(start.startsWith(begins), start.slice(0, 60));
    }
    assert.deepEqual(dashboard.complaints, []);
  });

  it('switches its colours by itself or by its button, and keeps that', async () => {
    const { page } = dashboard;
    await dashboard.open('/p/my-forms');
    const ground = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
    const light = await ground();
    await page.emulateMedia({ colorScheme: 'dark' });
    const dark = await ground();
    assert.notEqual(dark, light);
    await page.getByRole('button', { name: 'Colours: as the system. Switch to light' }).click();
    assert.equal(await ground(), light);
    await page.reload();
    await dashboard.settled();
    assert.equal(await ground(), light);
  });
});
