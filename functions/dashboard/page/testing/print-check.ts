import type { Page } from 'playwright-core';

/** What a sheet of A4 leaves between its margins, in CSS pixels. */
export const SHEET_WIDTH = 688;

/** Runs in the page: what a sheet of paper would lack, or has no use for. The legend of a chart is its key. */
const FIND = `(() => {
  const isShown = (element) => element.checkVisibility({ visibilityProperty: true }) && element.getClientRects().length > 0;
  const nameOf = (element) => element.outerHTML.slice(0, 120);
  const controls = [...document.querySelectorAll('button, select, input, summary, nav, header, dialog, .card-tools, .skip')];
  const useless = controls.filter((one) => isShown(one) && !one.closest('.legend')).map((one) => 'a control: ' + nameOf(one));
  const lacking = [...document.querySelectorAll('main *')].flatMap((element) => {
    if (!isShown(element) || element.closest('svg, .unseen, .chart')) return [];
    const { left, right } = element.getBoundingClientRect();
    if (left < -1 || right > innerWidth + 1) return ['beside the sheet: ' + nameOf(element)];
    const isCut = element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + 1;
    return getComputedStyle(element).overflow !== 'visible' && isCut ? ['cut off: ' + nameOf(element)] : [];
  });
  const ground = getComputedStyle(document.body).backgroundColor;
  return [...useless, ...lacking, ...(ground === 'rgb(255, 255, 255)' ? [] : ['on ' + ground])];
})()`;

/** What is wrong with the page on paper; leaves it as it will be printed. */
export async function findPrintFaults(page: Page): Promise<string[]> {
  await page.setViewportSize({ width: SHEET_WIDTH, height: 1000 });
  await page.emulateMedia({ media: 'print' });
  return (await page.evaluate(FIND)) as string[];
}
