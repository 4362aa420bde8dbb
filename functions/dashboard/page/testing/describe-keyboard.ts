import assert from 'node:assert/strict';
import { IS_PROOF } from '../../../../shared/testing/in-proof.ts';
import { findKeyboardFaults } from './keyboard-walk.ts';
import { type OpenPage, pagesOf } from './open-page.ts';

/** That it is used by its keys, and keeps what is typed. */
export function describeKeyboard(on: OpenPage): void {
  it('comes to everything with the Tab key, and shows where it is', async () => {
    for (const path of pagesOf('/sites', ...(IS_PROOF ? ['/environment'] : []))) {
      await on.dashboard.open(path);
      assert.deepEqual(await findKeyboardFaults(on.dashboard.page), [], path);
    }
  });

  it('is walked by keyboard alone', async () => {
    const { page } = on.dashboard;
    await on.dashboard.open('/p/my-forms');
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
    assert.deepEqual(on.dashboard.complaints, []);
  });

  it('keeps what is typed from the first moment on, while the list arrives and after Enter', async () => {
    const { page } = on.dashboard;
    await on.dashboard.open('/p/my-forms');
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
    await on.dashboard.settled();
    await page.keyboard.type('-1');
    await page.keyboard.press('Enter');
    await page.keyboard.type('2');
    await page.waitForURL(/q=shop-1$/);
    await on.dashboard.settled();
    assert.equal(await search.inputValue(), 'shop-12');
    await page.getByRole('link', { name: /^Drop the filter Address/ }).click();
    assert.equal(await search.inputValue(), '');
    await search.pressSequentially('a.example');
    assert.equal(await search.inputValue(), 'a.example');
  });

  it('shows what a field means once it is emptied', async () => {
    const { page } = on.dashboard;
    await on.dashboard.open('/p/my-forms/environment');
    const below = page.getByLabel('below version');
    await below.fill('');
    await below.press('Enter');
    await on.dashboard.settled();
    assert.equal(await below.inputValue(), '8.0');
  });
}
