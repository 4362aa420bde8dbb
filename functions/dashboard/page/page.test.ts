import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { IS_PROOF, inProof } from '../../../shared/testing/in-proof.ts';
import { buildPage } from '../../build-page.ts';
import { assertFits, openDashboard } from './testing/dashboard-page.ts';
import { describeAnswers } from './testing/describe-answers.ts';
import { describeKeyboard } from './testing/describe-keyboard.ts';
import { describeState } from './testing/describe-state.ts';
import { HOSTILE } from './testing/fixture-figures.ts';
import { startFixtureServer } from './testing/fixture-server.ts';
import { findChromium, openBrowser } from './testing/open-browser.ts';
import { IS_ALL, type OpenPage, PAGES, pagesOf } from './testing/open-page.ts';
import { findPrintFaults, SHEET_WIDTH } from './testing/print-check.ts';

const SHOWN = ['/sites', '/environment', '/deactivations', '/sites/s0'];
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
  const on = {} as OpenPage;
  let axe: string;

  before(async function () {
    const chromium = findChromium();
    if (chromium === undefined) {
      console.log('      skipped: there is no chromium on this machine (apt-get install chromium)');
      this.skip();
    }
    axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    const { files } = await buildPage(new URL('./', import.meta.url), new URL('../../../', import.meta.url));
    [on.server, on.browser] = await Promise.all([startFixtureServer(files), openBrowser(chromium)]);
    on.dashboard = await openDashboard(on.browser, on.server);
  });
  after(async () => {
    await on.browser?.close();
    await on.server?.stop();
  });
  afterEach(() => {
    on.server.instead = () => undefined;
    return on.dashboard.reset();
  });

  const findings = async (rules?: string[]): Promise<string[]> => {
    const { page } = on.dashboard;
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
          await on.dashboard.look(look);
          // each on its own, or the first look turned into the next
          if (IS_ALL || place === 0) {
            const response = await on.dashboard.open(path);
            assert.equal(response?.headers()['content-security-policy'], POLICY);
          } else {
            await on.dashboard.settled();
          }
          assert.equal((await on.dashboard.text('h1')).replaceAll(/\s+/g, ' '), heading);
          assert.equal(await on.dashboard.page.locator('h1').count(), 1);
          await assertFits(on.dashboard, path);
          const rules = IS_ALL || place === 0 ? undefined : ['target-size', 'color-contrast'];
          assert.deepEqual(await findings(rules), []);
          assert.deepEqual(on.dashboard.complaints, []);
        }
      },
    );

  it('prints from dark on white, in ink that is read, nothing cut off, without controls', async () => {
    for (const path of pagesOf('/environment', ...(IS_PROOF ? ['/sites'] : []))) {
      await on.dashboard.look({ colorScheme: 'dark', width: SHEET_WIDTH });
      await on.dashboard.open(path);
      assert.deepEqual(await findPrintFaults(on.dashboard.page), [], path);
      assert.deepEqual(await findings(['color-contrast']), [], path);
    }
    assert.deepEqual(on.dashboard.complaints, []);
  });

  it('prints the numbers of each chart, which are not shown', async () => {
    await on.dashboard.open('/p/my-forms');
    const numbers = on.dashboard.page.getByRole('table', { name: 'Active sites, days in UTC' });
    assert.equal(await numbers.count(), 0);
    await on.dashboard.page.emulateMedia({ media: 'print' });
    assert.equal(await numbers.getByRole('row').count(), 30);
  });

  inProof('shows an (i) with the definition, the base and the unknown, and lets it go with Escape', async () => {
    const { page } = on.dashboard;
    await on.dashboard.open('/p/my-forms/environment');
    await page.getByRole('button', { name: 'How “PHP” is counted' }).click();
    const note = page.locator('.note:popover-open');
    assert.match(await note.innerText(), /^A share of the sites.*Base: 12,329 sites\..*125 did not say/s);
    await page.keyboard.press('Escape');
    await note.waitFor({ state: 'hidden' });
  });

  inProof('marks the releases on every chart of days and weeks', async () => {
    for (const { path, title, marks } of [
      { path: '', title: 'Active sites', marks: ['3.2.0'] },
      { path: '/adoption', title: '2026-2: Stored XSS in the entries list', marks: ['3.1.4', '3.2.0'] },
      { path: '/adoption', title: 'Versions over time', marks: ['3.2.0'] },
      { path: '/environment', title: 'Below PHP 8.0', marks: ['3.0.2', '3.1.0', '3.1.4', '3.2.0'] },
    ]) {
      await on.dashboard.open(`/p/my-forms${path}`);
      const chart = on.dashboard.page.getByRole('figure', { name: title });
      await chart.locator('.mark').first().waitFor({ state: 'attached' });
      assert.deepEqual(await chart.locator('.mark text').allTextContents(), marks, title);
    }
  });

  it('shows names that are sent as what they are', async () => {
    await on.dashboard.look({ width: 320 });
    for (const path of IS_PROOF ? SHOWN : SHOWN.slice(0, 2)) {
      await on.dashboard.open(`/p/my-forms${path}`);
      const shown = (text: string) => on.dashboard.page.locator('bdi').getByText(text, { exact: true });
      assert.ok((await shown(HOSTILE.markup).count()) > 0, `${path} shows markup as text`);
      assert.equal(await on.dashboard.page.locator('main script, main img').count(), 0);
      assert.doesNotMatch(await on.dashboard.page.title(), /run/);
      await assertFits(on.dashboard, path);
    }
    await on.dashboard.open('/p/my-forms/sites');
    for (const name of [HOSTILE.turned, HOSTILE.emoji, HOSTILE.long]) {
      const text = on.dashboard.page.locator('bdi').getByText(name, { exact: true }).first();
      assert.equal(await text.textContent(), name);
      assert.ok(((await text.boundingBox())?.height ?? 99) < 32, 'it stays on its line');
    }
    assert.deepEqual(on.dashboard.complaints, []);
  });

  describeKeyboard(on);
  describeAnswers(on);
  describeState(on);
});
