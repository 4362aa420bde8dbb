import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Browser } from 'playwright-core';
import type { Release } from '../../../shared/figures/documents.ts';
import { shareOf } from '../../../shared/figures/intervals.ts';
import { IS_PROOF, inProof } from '../../../shared/testing/in-proof.ts';
import { buildPage } from '../../build-page.ts';
import type { OverviewAnswer, ProjectsAnswer, RatesAnswer, ReleasesAnswer, SupportAnswer } from '../api.ts';
import { assertFits, type DashboardPage, NOW, openDashboard } from './testing/dashboard-page.ts';
import { fixtureAnswer } from './testing/fixture-answers.ts';
import { GENERATION, HOSTILE } from './testing/fixture-figures.ts';
import { type FixtureServer, startFixtureServer } from './testing/fixture-server.ts';
import { findKeyboardFaults } from './testing/keyboard-walk.ts';
import { findChromium, openBrowser } from './testing/open-browser.ts';
import { findPrintFaults, SHEET_WIDTH } from './testing/print-check.ts';
import { useAllControls } from './testing/use-controls.ts';

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

/** All pages in all looks, printed and walked through, take their time: `npm run proof:page`. */
const IS_ALL = process.env.SITEBEAT_PAGE === 'all';
const pagesOf = (...paths: string[]) =>
  PAGES.map(({ path }) => path).filter((path) => IS_ALL || paths.includes(path.replace('/p/my-forms', '')));
const SHOWN = ['/sites', '/environment', '/deactivations', '/sites/s0'];
const WITH_CONTROLS = ['', '/adoption', '/environment', '/deactivations', '/sites'];
const LOOKS = [
  { width: 1280, colorScheme: 'light' },
  { width: 320, colorScheme: 'dark' },
  { width: 1280, colorScheme: 'dark' },
  { width: 320, colorScheme: 'light' },
] as const;

/** Two by `npm run proof:ci`; one of these, by turns of the pages that `npm test` shows, is the least. */
function looksOf(place: number): readonly (typeof LOOKS)[number][] {
  if (IS_ALL) return LOOKS;
  return IS_PROOF ? LOOKS.slice(0, 2) : LOOKS.slice((place >> 1) % 2, ((place >> 1) % 2) + 1);
}

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; form-action 'self'; " +
  "base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

interface AxeFinding {
  id: string;
  impact: string;
  nodes: { html: string; failureSummary: string }[];
}

describe('the page in Chromium', () => {
  let server: FixtureServer;
  let browser: Browser;
  let dashboard: DashboardPage;
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
    dashboard = await openDashboard(browser, server);
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });
  afterEach(() => {
    server.instead = () => undefined;
    return dashboard.reset();
  });

  const findings = async (rules?: string[]): Promise<string[]> => {
    const { page } = dashboard;
    if (await page.evaluate('typeof axe === "undefined"')) await page.evaluate(axe);
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

  for (const [nth, { path, heading }] of PAGES.entries())
    (nth % 2 === 1 ? it : inProof)(
      `shows ${path} ${looksOf(nth)
        .map(({ width, colorScheme }) => `${width} px ${colorScheme}`)
        .join(', ')}: it fits, is accessible, and asks nobody else`,
      async () => {
        for (const [place, look] of looksOf(nth).entries()) {
          await dashboard.look(look);
          // each on its own, or the first look turned into the next
          if (IS_ALL || place === 0) {
            const response = await dashboard.open(path);
            assert.equal(response?.headers()['content-security-policy'], POLICY);
          } else {
            await dashboard.settled();
          }
          assert.equal((await dashboard.text('h1')).replaceAll(/\s+/g, ' '), heading);
          assert.equal(await dashboard.page.locator('h1').count(), 1);
          await assertFits(dashboard, path);
          const rules = IS_ALL || place === 0 ? undefined : ['target-size', 'color-contrast'];
          assert.deepEqual(await findings(rules), []);
          assert.deepEqual(dashboard.complaints, []);
        }
      },
    );

  it('prints from dark on white, in ink that is read, nothing cut off, without controls', async () => {
    for (const path of pagesOf('/environment', ...(IS_PROOF ? ['/sites'] : []))) {
      await dashboard.look({ colorScheme: 'dark', width: SHEET_WIDTH });
      await dashboard.open(path);
      assert.deepEqual(await findPrintFaults(dashboard.page), [], path);
      assert.deepEqual(await findings(['color-contrast']), [], path);
    }
    assert.deepEqual(dashboard.complaints, []);
  });

  it('prints the numbers of each chart, which are not shown', async () => {
    await dashboard.open('/p/my-forms');
    const numbers = dashboard.page.getByRole('table', { name: 'Active sites, days in UTC' });
    assert.equal(await numbers.count(), 0);
    await dashboard.page.emulateMedia({ media: 'print' });
    assert.equal(await numbers.getByRole('row').count(), 30);
  });

  it('comes to everything with the Tab key, and shows where it is', async () => {
    for (const path of pagesOf('/sites', ...(IS_PROOF ? ['/environment'] : []))) {
      await dashboard.open(path);
      assert.deepEqual(await findKeyboardFaults(dashboard.page), [], path);
    }
  });

  it('is walked by keyboard alone', async () => {
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
  });

  it('keeps what is typed from the first moment on, while the list arrives and after Enter', async () => {
    const { page } = dashboard;
    await dashboard.open('/p/my-forms');
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    await page.route('**/projects/my-forms/sites*', async (route) => {
      await held;
      await route.continue();
    });
    // in the frame in which the field has come and got the focus
    await page.evaluate(`new Promise((typed) => {
      document.body.dispatchEvent(new KeyboardEvent('keydown', { key: '/', bubbles: true }));
      requestAnimationFrame(() => typed(document.execCommand('insertText', false, 'sh')));
    })`);
    const search = page.locator('#search');
    await page.keyboard.type('op');
    assert.equal(await search.inputValue(), 'shop');
    release();
    await dashboard.settled();
    await page.keyboard.type('-1');
    await page.keyboard.press('Enter');
    await page.keyboard.type('2');
    await page.waitForURL(/q=shop-1$/);
    await dashboard.settled();
    assert.equal(await search.inputValue(), 'shop-12');
    await page.getByRole('link', { name: /^Drop the filter Address/ }).click();
    assert.equal(await search.inputValue(), '');
    await search.pressSequentially('a.example');
    assert.equal(await search.inputValue(), 'a.example');
  });

  it('shows what a field means once it is emptied', async () => {
    const { page } = dashboard;
    await dashboard.open('/p/my-forms/environment');
    const below = page.getByLabel('below version');
    await below.fill('');
    await below.press('Enter');
    await dashboard.settled();
    assert.equal(await below.inputValue(), '8.0');
  });

  inProof('shows an (i) with the definition, the base and the unknown, and lets it go with Escape', async () => {
    const { page } = dashboard;
    await dashboard.open('/p/my-forms/environment');
    await page.getByRole('button', { name: 'How “PHP” is counted' }).click();
    const note = page.locator('.note:popover-open');
    assert.match(await note.innerText(), /^A share of the sites.*Base: 12,329 sites\..*125 did not say/s);
    await page.keyboard.press('Escape');
    await note.waitFor({ state: 'hidden' });
  });

  it('marks the releases on every chart of days and weeks', async () => {
    for (const { path, title, marks } of [
      { path: '', title: 'Active sites', marks: ['3.2.0'] },
      { path: '/adoption', title: '2026-2: Stored XSS in the entries list', marks: ['3.1.4', '3.2.0'] },
      { path: '/adoption', title: 'Versions over time', marks: ['3.2.0'] },
      { path: '/environment', title: 'Below PHP 8.0', marks: ['3.0.2', '3.1.0', '3.1.4', '3.2.0'] },
    ]) {
      await dashboard.open(`/p/my-forms${path}`);
      const chart = dashboard.page.getByRole('figure', { name: title });
      await chart.locator('.mark').first().waitFor({ state: 'attached' });
      assert.deepEqual(await chart.locator('.mark text').allTextContents(), marks, title);
    }
  });

  it('shows names that are sent as what they are', async () => {
    await dashboard.look({ width: 320 });
    for (const path of IS_PROOF ? SHOWN : SHOWN.slice(0, 2)) {
      await dashboard.open(`/p/my-forms${path}`);
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
  });

  describe('its state', () => {
    /** Answers of one path are others. */
    const answer = (path: string, body: unknown, status = 200) => {
      server.instead = ({ pathname }) => (pathname === `/api/v1${path}` ? { status, body } : undefined);
    };

    inProof('has every control of every page in the address: a copied link shows the same', async () => {
      const { page } = dashboard;
      const copy = await openDashboard(browser, server);
      let used = 0;
      for (const path of WITH_CONTROLS) {
        await dashboard.open(`/p/my-forms${path}`);
        const before = await shown(dashboard);
        const controls = await useAllControls(page);
        used += controls.length;
        assert.deepEqual(
          controls.filter(({ isInAddress }) => !isInAddress),
          [],
          path,
        );
        await dashboard.settled();
        const after = await shown(dashboard);
        assert.notEqual(after, before);
        await copy.open(page.url().slice(server.url.length));
        assert.equal(await shown(copy), after, `the copied link ${page.url()} shows the same`);
      }
      assert.ok(used > 60, `only ${used} were found`);
      await copy.context.close();
    });

    inProof('goes back by a step, and drops a filter by its link', async () => {
      const { page } = dashboard;
      await dashboard.open('/p/my-forms/sites?phpBelow=8.0');
      await page.getByLabel('State').selectOption('left');
      await page.waitForURL(/state=left/);
      await page.goBack();
      await page.waitForURL(/\?phpBelow=8.0$/);
      await page.getByRole('link', { name: 'Drop the filter PHP below: 8.0' }).click();
      await page.waitForURL(/\/sites$/);
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
      assert.match(
        await failed.innerText(),
        /The advisories could not be loaded\. A store is out of reach\..*req_8f2c/s,
      );
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

    inProof('does not ask for ever when an older rebuild is all that comes', async () => {
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
      await dashboard.page.clock.setFixedTime(NOW + 2 * 3_600_000);
      await dashboard.open('/p/my-forms');
      assert.match(await dashboard.text('.notice'), /^These figures are late: the last rebuild was 2 hours ago/);
    });

    it('says why there is nothing, and what to do about it', async () => {
      answer('/projects', { projects: [] });
      await dashboard.open('/');
      assert.match(await dashboard.text(), /npx sitebeat projects create --name/);
      answer('/projects/my-forms/overview', { title: 'There are no figures yet', status: 409, instance: 'req_1' }, 409);
      await dashboard.open('/p/my-forms');
      assert.match(await dashboard.text(), /No figures yet/);
      // a project of which there are none
      for (const page of ['', '/adoption', '/environment', '/deactivations']) {
        await dashboard.open(`/p/other${page}`);
        assert.match(await dashboard.text(), /No figures yet\s+Point the plugin.*add_filter\( 'appsero_endpoint'/s);
        assert.equal((await dashboard.text()).match(/No figures yet/g)?.length, 1);
      }
      answer('/projects/my-forms/sites', { items: [], next: null, complete: true });
      await dashboard.open('/p/my-forms/sites?state=left&version=9.9');
      assert.match(
        await dashboard.text('section[aria-label=Sites]'),
        /No site fits all of these filters\..*State: left ×.*Version: 9\.9 ×/s,
      );
      await dashboard.open('/p/nobodys');
      assert.match(await dashboard.text(), /There is no project of that name, or you have no role in it\./);
    });

    it('tells a project whose sites are gone from one that never had any, and that it is archived', async () => {
      const of = <Body>(path: string) => fixtureAnswer(`/api/v1${path}`, new URLSearchParams()) as Body;
      const { projects } = of<ProjectsAnswer>('/projects');
      const overview = of<OverviewAnswer>('/projects/my-forms/overview');
      const none = overview.chart.days.map(() => null);
      const gone = {
        ...overview,
        sentence: [{ kind: 'active', sites: 0, change: null, days: 28 }],
        figures: { ...overview.figures, active: { ...overview.figures.active, value: 0 } },
        chart: {
          ...overview.chart,
          active: none,
          flows: Object.fromEntries(Object.keys(overview.chart.flows).map((flow) => [flow, none])),
        },
      };
      server.instead = ({ pathname }) => {
        if (pathname === '/api/v1/projects')
          return { status: 200, body: { projects: [{ ...projects[0], archived: true }] } };
        return pathname.endsWith('/overview') ? { status: 200, body: gone } : undefined;
      };
      await dashboard.open('/p/my-forms');
      assert.match(
        await dashboard.text(),
        /This project is archived.*0 sites use My Forms\..*No site was active on these days\./s,
      );
      answer('/projects/my-forms/overview', { ...gone, dimensions: ['active', 'flows'] });
      await dashboard.open('/p/my-forms');
      assert.match(await dashboard.text(), /No site has reported yet\..*add_filter/s);
    });

    it('says in its first days what it is too early for, and draws no empty chart of it', async () => {
      const of = <Body>(path: string) =>
        fixtureAnswer(`/api/v1/projects/my-forms${path}`, new URLSearchParams()) as Body;
      const support = of<SupportAnswer>('/support');
      answer('/projects/my-forms/support', {
        ...support,
        weeks: [],
        forecast: { kind: 'too-few', weeks: 0, sites: 0 },
      });
      await dashboard.open('/p/my-forms/environment');
      assert.match(await dashboard.text('.answer'), /it takes 8 complete weeks, and there are 0 so far\.$/);
      assert.equal(await dashboard.page.locator('figure .chart').count(), 0);

      const releases = of<ReleasesAnswer>('/releases');
      const [newest] = releases.releases as [Release];
      const nobody = { days: 2, ...shareOf(0, 0) };
      const adoption = [{ day: newest.releasedOn, now: nobody, known: shareOf(91, 100) }];
      answer('/projects/my-forms/releases', { ...releases, releases: [{ ...newest, adoption, daysToHalf: null }] });
      await dashboard.open('/p/my-forms/adoption');
      assert.match(
        await dashboard.text('.answer'),
        /runs on 91% of all active sites; none from before its release has reported lately\./,
      );
      assert.doesNotMatch(await dashboard.text(), /not yet/);

      const rates = of<RatesAnswer>('/rates');
      const few = { ...rates.overall, count: 4, sites: 3, rate: null, low: null, high: null };
      answer('/projects/my-forms/rates', { ...rates, overall: few });
      await dashboard.open('/p/my-forms/deactivations');
      assert.match(await dashboard.text('.answer'), /^Too few left to tell a rate: 4 sites in 28 days\./);
    });

    inProof('compares reasons with the days before, and with nothing where there are no figures of them', async () => {
      await dashboard.open('/p/my-forms/deactivations');
      const reason = dashboard.page.getByRole('row', { name: /found a better plugin/ }).first();
      assert.match(await reason.innerText(), /\s[+-]?\d+$/);
      await dashboard.open('/p/my-forms/deactivations?period=364d');
      assert.match(await reason.innerText(), /\s–$/);
    });

    inProof('goes to the only project there is', async () => {
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

    inProof('has the filters in a sheet on a phone', async () => {
      const { page } = dashboard;
      await dashboard.look({ width: 320 });
      await dashboard.open('/p/my-forms/sites');
      await page.getByRole('button', { name: 'Filters' }).click();
      await page.getByRole('dialog').getByLabel('State').selectOption('active');
      await page.getByRole('button', { name: 'Show the sites' }).click();
      await page.waitForURL(/\?state=active$/);
      await page.getByRole('button', { name: 'Filters (1)' }).waitFor();
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

    inProof('switches its colours by itself or by its button, and keeps that', async () => {
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
});
