import type { Page } from 'playwright-core';

/** Runs in the page: before each next key it looks at what has the focus, when the page has scrolled to it. */
const WATCH = `(() => {
  window.walked = new Set();
  window.unseenFocus = [];
  window.look = () => {
    const { activeElement: at } = document;
    if (at === document.body || at.id === 'content' || walked.has(at)) return;
    walked.add(at);
    const { outlineStyle, outlineWidth } = getComputedStyle(at);
    const { left, right, top, bottom } = at.getBoundingClientRect();
    const middle = (from, to, most) => (Math.max(0, from) + Math.min(most, to)) / 2;
    const there = document.elementFromPoint(middle(left, right, innerWidth), middle(top, bottom, innerHeight));
    const isCovered = !there || !(at.contains(there) || there.contains(at));
    const hasRing = outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2;
    if (isCovered || !hasRing) unseenFocus.push((isCovered ? 'covered: ' : 'no ring: ') + at.outerHTML.slice(0, 120));
  };
  addEventListener('keydown', look, true);
})()`;
const REACHABLE = `(() => {
  const all = document.querySelectorAll('a[href], button, select, input, summary, [tabindex="0"]');
  return [...all].filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.closest('dialog:not([open]), [popover]'));
})()`;
const MISSED = `look(), ${REACHABLE}.filter((one) => !walked.has(one)).map((one) => 'not reached: ' + one.outerHTML.slice(0, 120)).concat(unseenFocus)`;

/** Goes through the page with the Tab key alone: what it does not come to, and where it would not be seen. */
export async function findKeyboardFaults(page: Page): Promise<string[]> {
  await page.evaluate(WATCH);
  const stops = Number(await page.evaluate(`${REACHABLE}.length`));
  // a field of a date has a stop for each of its parts
  const parts = 3 * Number(await page.evaluate("document.querySelectorAll('input[type=date]').length"));
  for (let stop = 0; stop < stops + parts; stop += 1) await page.keyboard.press('Tab');
  return (await page.evaluate(MISSED)) as string[];
}
