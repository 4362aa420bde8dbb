import type { Browser } from 'playwright-core';
import { type Bench, type BenchResult, compare, type Figures } from '../../../shared/testing/bench.ts';
import { buildPage } from '../../build-page.ts';
import { startFixtureServer } from './testing/fixture-server.ts';
import { findChromium, openBrowser } from './testing/open-browser.ts';

const ROUNDS = 9;

/** Notes the frame after the first of an element is there. */
const NOTE_FIRST = `new MutationObserver((_, observer) => {
  if (document.querySelector('.answer') === null || document.querySelector('.chart path') === null) return;
  observer.disconnect();
  requestAnimationFrame(() => setTimeout(() => { window.firstDataMs = performance.now(); }));
}).observe(document, { childList: true, subtree: true });`;

/** A browser that has nothing of the page yet. */
async function openCold(browser: Browser, url: string): Promise<Figures> {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await page.addInitScript(NOTE_FIRST);
    await page.goto(url);
    await page.waitForFunction(() => 'firstDataMs' in window);
    const firstDataMs = Number(await page.evaluate('window.firstDataMs'));
    const firstPaintMs = Number(
      await page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime"),
    );
    return { firstPaintMs, firstDataMs };
  } finally {
    await context.close();
  }
}

async function run(): Promise<BenchResult> {
  const chromium = findChromium();
  if (chromium === undefined) throw new Error('there is no chromium on this machine');
  const { files } = await buildPage(new URL('./', import.meta.url), new URL('../../../', import.meta.url));
  const server = await startFixtureServer(files);
  const browser = await openBrowser(chromium);
  try {
    const overview = () => openCold(browser, `${server.url}/p/my-forms`);
    const adoption = () => openCold(browser, `${server.url}/p/my-forms/adoption`);
    return { figures: await compare({ overview, adoption }, { rounds: ROUNDS }), ratios: [] };
  } finally {
    await browser.close();
    await server.stop();
  }
}

export const bench: Bench = {
  title: 'the page in a cold browser: its first paint, and its first with data (the overview is wanted within 500 ms)',
  run,
};
