import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Browser } from 'playwright-core';
import { buildPage } from '../../build-page.ts';
import { assertFits, type DashboardPage, openDashboard } from './testing/dashboard-page.ts';
import { HOSTILE } from './testing/fixture-figures.ts';
import { type FixtureServer, startFixtureServer } from './testing/fixture-server.ts';
import { findChromium, openBrowser } from './testing/open-browser.ts';

const PAGES = [
  { path: '/', heading: 'Your projects' },
  { path: '/p/my-forms', heading: 'My Forms' },
  { path: '/p/my-forms/adoption', heading: 'My Forms: adoption' },
  { path: '/p/my-forms/environment', heading: 'My Forms: environment' },
  { path: '/p/my-forms/deactivations', heading: 'My Forms: deactivations' },
  { path: '/p/my-forms/sites', heading: 'My Forms: sites' },
  { path: '/p/my-forms/sites/s0', heading: 'shop-0.example active' },
  { path: '/p/my-forms/audit', heading: 'My Forms: audit' },
  { path: '/about', heading: 'How everything is counted' },
];

interface AxeFinding {
  id: string;
  impact: string;
  nodes: { html: string; failureSummary: string }[];
}

describe('the page in Chromium', function () {
  this.timeout(60_000);
  let server: FixtureServer;
  let browser: Browser;
  let axe: string;

  before(async function () {
    const chromium = findChromium();
    if (chromium === undefined) {
      console.log('      skipped: there is no chromium on this machine (apt-get install chromium)');
      this.skip();
    }
    axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    const { files } = await buildPage(new URL('./', import.meta.url), new URL('../../../', import.meta.url));
    [server, browser] = await Promise.all([startFixtureServer(files), openBrowser(chromium)]);
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });
  afterEach(() => {
    server.instead = () => undefined;
  });

  const findings = async ({ page }: DashboardPage, rules?: string[]): Promise<string[]> => {
    await page.evaluate(axe);
    const runOnly = rules && { type: 'rule', values: rules };
    // naming every element that is as it should be takes the most time
    const options = JSON.stringify({ resultTypes: ['violations'], ...(runOnly && { runOnly }) });
    const { violations } = (await page.evaluate(`axe.run(document, ${options})`)) as { violations: AxeFinding[] };
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(
        ({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html}\n${failureSummary}`).join('\n')}`,
      );
  };

  it('shows every page at 1280 px in light, says nothing to the console, asks nobody else, and is accessible', async () => {
    const dashboard = await openDashboard(browser, server);
    for (const { path, heading } of PAGES) {
      await dashboard.open(path);
      assert.equal((await dashboard.text('h1')).replaceAll(/\s+/g, ' '), heading);
      assert.equal(await dashboard.page.locator('h1').count(), 1, path);
      await assertFits(dashboard, path);
      assert.deepEqual(await findings(dashboard), [], path);
      assert.deepEqual(dashboard.complaints, [], path);
    }
    await dashboard.context.close();
  });

  it('shows every page at 320 px in dark without sideways scroll, with targets that a finger hits', async () => {
    const dashboard = await openDashboard(browser, server, { width: 320, colorScheme: 'dark' });
    for (const { path } of PAGES) {
      await dashboard.open(path);
      await assertFits(dashboard, path);
      assert.deepEqual(await findings(dashboard, ['target-size', 'color-contrast']), [], path);
      assert.deepEqual(dashboard.complaints, [], path);
    }
    await dashboard.context.close();
  });

  it('prints light, without controls, with the numbers of each chart', async () => {
    const dashboard = await openDashboard(browser, server, { colorScheme: 'dark' });
    await dashboard.open('/p/my-forms');
    const numbers = dashboard.page.getByRole('table', { name: 'Active sites, days in UTC' });
    assert.equal(await numbers.count(), 0);
    await dashboard.page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    assert.equal(await numbers.getByRole('row').count(), 30);
    assert.equal(await dashboard.page.getByRole('button', { name: 'PNG: Active sites' }).count(), 0);
    assert.equal(await dashboard.page.locator('header').isVisible(), false);
    const ink = await dashboard.page.evaluate("getComputedStyle(document.querySelector('.answer')).color");
    assert.equal(ink, 'rgb(28, 30, 33)');
    assert.deepEqual(dashboard.complaints, []);
    await dashboard.context.close();
  });

  it('is walked by keyboard alone', async () => {
    const dashboard = await openDashboard(browser, server);
    const { page } = dashboard;
    await dashboard.open('/p/my-forms');
    const press = async (...keys: string[]) => {
      for (const key of keys) await page.keyboard.press(key);
    };
    await press('Tab');
    assert.equal(await page.evaluate('document.activeElement.textContent'), 'Skip to the content');
    await press('Enter');
    assert.equal(await page.evaluate('document.activeElement.id'), 'content');

    const chart = page.getByRole('application', { name: /^Active sites by day/ });
    for (
      let tab = 0;
      tab < 30 && !(await chart.evaluate((element) => element === element.ownerDocument.activeElement));
      tab += 1
    )
      await press('Tab');
    const spoken = page.locator('figure', { has: chart }).locator('[aria-live]');
    await press('ArrowRight');
    await spoken.filter({ hasText: /^25 Nov 2026, so far, Active sites 12,/ }).waitFor({ state: 'attached' });
    await press('ArrowLeft');
    await spoken.filter({ hasText: /^24 Nov 2026, Active sites 12,/ }).waitFor({ state: 'attached' });
    await press('Home');
    await spoken.filter({ hasText: /^28 Oct 2026, / }).waitFor({ state: 'attached' });
    await press('End', 'Escape');
    await spoken.filter({ hasText: /^$/ }).waitFor({ state: 'attached' });

    await press(']');
    await page.waitForURL('**/p/my-forms?period=91d');
    await press('x', 't');
    await page.waitForURL('**/p/my-forms?period=91d&compare=year&tables=all');
    await page.getByRole('table', { name: 'Active sites, days in UTC' }).waitFor();
    await press('/');
    await page.waitForURL('**/p/my-forms/sites?period=91d&compare=year');
    await page.waitForFunction(() => document.activeElement?.id === 'search');
    await page.keyboard.type('shop-1');
    await press('Enter');
    await page.waitForURL(/q=shop-1/);

    await page.evaluate('document.activeElement.blur()');
    await press('?');
    await page.getByRole('checkbox', { name: 'Single keys are commands' }).press('Space');
    await press('Escape');
    const before = page.url();
    await press('[', 'x', '/');
    assert.equal(page.url(), before);
    assert.deepEqual(dashboard.complaints, []);
    await dashboard.context.close();
  });

  it('shows an (i) with the definition, the base and the unknown, and lets it go with Escape', async () => {
    const dashboard = await openDashboard(browser, server);
    const { page } = dashboard;
    await dashboard.open('/p/my-forms/environment');
    await page.getByRole('button', { name: 'How “PHP” is counted' }).click();
    const note = page.locator('.note:popover-open');
    assert.match(await note.innerText(), /^A share of the sites.*Base: 12,329 sites\..*125 did not say/s);
    await page.keyboard.press('Escape');
    await note.waitFor({ state: 'hidden' });
    await dashboard.context.close();
  });

  it('shows names that are sent as what they are', async () => {
    const dashboard = await openDashboard(browser, server, { width: 320 });
    for (const path of [
      '/p/my-forms/sites',
      '/p/my-forms/environment',
      '/p/my-forms/deactivations',
      '/p/my-forms/sites/s0',
    ]) {
      await dashboard.open(path);
      const shown = (text: string) => dashboard.page.locator('bdi').getByText(text, { exact: true });
      assert.ok((await shown(HOSTILE.markup).count()) > 0, `${path} shows markup as text`);
      assert.equal(await dashboard.page.locator('main script, main img').count(), 0);
      assert.doesNotMatch(await dashboard.page.title(), /run/);
      await assertFits(dashboard, path);
    }
    await dashboard.open('/p/my-forms/sites');
    for (const name of [HOSTILE.turned, HOSTILE.emoji, HOSTILE.long]) {
      const text = dashboard.page.locator('bdi').getByText(name, { exact: true }).first();
      assert.equal(await text.textContent(), name);
      assert.ok(((await text.boundingBox())?.height ?? 99) < 32, 'it stays on its line');
    }
    assert.deepEqual(dashboard.complaints, []);
    await dashboard.context.close();
  });
});
