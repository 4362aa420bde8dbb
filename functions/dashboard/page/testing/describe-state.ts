import assert from 'node:assert/strict';
import { inProof } from '../../../../shared/testing/in-proof.ts';
import { type DashboardPage, openDashboard } from './dashboard-page.ts';
import type { OpenPage } from './open-page.ts';
import { useAllControls } from './use-controls.ts';

const WITH_CONTROLS = ['', '/adoption', '/environment', '/deactivations', '/sites'];

/** What it keeps in its address and in the browser, and what its controls do. */
export function describeState(on: OpenPage): void {
  describe('its state', () => {
    inProof('has every control of every page in the address: a copied link shows the same', async () => {
      const { page } = on.dashboard;
      const copy = await openDashboard(on.browser, on.server);
      let used = 0;
      for (const path of WITH_CONTROLS) {
        await on.dashboard.open(`/p/my-forms${path}`);
        const before = await shown(on.dashboard);
        const controls = await useAllControls(page);
        used += controls.length;
        assert.deepEqual(
          controls.filter(({ isInAddress }) => !isInAddress),
          [],
          path,
        );
        await on.dashboard.settled();
        const after = await shown(on.dashboard);
        assert.notEqual(after, before);
        await copy.open(page.url().slice(on.server.url.length));
        assert.equal(await shown(copy), after, `the copied link ${page.url()} shows the same`);
      }
      assert.ok(used > 60, `only ${used} were found`);
      await copy.context.close();
    });

    inProof('goes back by a step, and drops a filter by its link', async () => {
      const { page } = on.dashboard;
      await on.dashboard.open('/p/my-forms/sites?phpBelow=8.0');
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
      await on.dashboard.open('/p/my-forms#token=abc_123');
      assert.ok(on.server.asked.includes('/api/v1/session'));
      assert.equal(on.dashboard.page.url(), `${on.server.url}/p/my-forms`);
    });

    it('goes on with a list, and shows a contact to an owner who asks for it alone', async () => {
      const { page } = on.dashboard;
      await on.dashboard.open('/p/my-forms/sites');
      const rows = page.getByRole('table', { name: 'Sites' }).getByRole('row');
      assert.equal(await rows.count(), 13);
      await page.getByRole('button', { name: 'More sites' }).click();
      await page.getByText('5,000 were looked at for this page').waitFor();
      assert.equal(await rows.count(), 25);
      await page.getByRole('link', { name: 'shop-5.example' }).click();
      await on.dashboard.settled();
      assert.ok(!on.server.asked.some((path) => path.endsWith('/contact')), 'nobody asked for a contact yet');
      await page.getByRole('button', { name: 'Show name and address' }).click();
      await page.getByText('owner@shop-0.example').waitFor();
    });

    inProof('has the filters in a sheet on a phone', async () => {
      const { page } = on.dashboard;
      await on.dashboard.look({ width: 320 });
      await on.dashboard.open('/p/my-forms/sites');
      await page.getByRole('button', { name: 'Filters' }).click();
      await page.getByRole('dialog').getByLabel('State').selectOption('active');
      await page.getByRole('button', { name: 'Show the sites' }).click();
      await page.waitForURL(/\?state=active$/);
      await page.getByRole('button', { name: 'Filters (1)' }).waitFor();
    });

    it('saves a chart as numbers and as an image', async () => {
      await on.dashboard.open('/p/my-forms');
      for (const { kind, begins } of [
        { kind: 'CSV', begins: '\uFEFFDay (UTC),Active sites\r\n2026-10-28,12' },
        { kind: 'PNG', begins: '\u0089PNG' },
      ]) {
        const saved = on.dashboard.page.waitForEvent('download');
        await on.dashboard.page.getByRole('button', { name: `${kind}: Active sites` }).click();
        const download = await saved;
        assert.equal(download.suggestedFilename(), `active.${kind.toLowerCase()}`);
        const chunks: Buffer[] = [];
        for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer);
        const start = Buffer.concat(chunks).toString(kind === 'CSV' ? 'utf8' : 'latin1');
        assert.ok(start.startsWith(begins), start.slice(0, 60));
      }
      assert.deepEqual(on.dashboard.complaints, []);
    });

    inProof('switches its colours by itself or by its button, and keeps that', async () => {
      const { page } = on.dashboard;
      await on.dashboard.open('/p/my-forms');
      const ground = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
      const light = await ground();
      await page.emulateMedia({ colorScheme: 'dark' });
      const dark = await ground();
      assert.notEqual(dark, light);
      await page.getByRole('button', { name: 'Colours: as the system. Switch to light' }).click();
      assert.equal(await ground(), light);
      await page.reload();
      await on.dashboard.settled();
      assert.equal(await ground(), light);
    });
  });
}
