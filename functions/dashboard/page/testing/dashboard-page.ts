import assert from 'node:assert/strict';
import type { Browser, BrowserContext, Page, Response } from 'playwright-core';
import { until } from '../../../../shared/testing/until.ts';
import { REBUILT_AT } from './fixture-figures.ts';
import type { FixtureServer } from './fixture-server.ts';

/** A page under test, and what it must not do. */
export interface DashboardPage {
  page: Page;
  context: BrowserContext;
  /** Console lines, errors, and requests to anywhere else. */
  complaints: string[];
  /** Opens a path, and waits until nothing is awaited. */
  open(path: string): Promise<Response | null>;
  /** Waits until nothing is awaited. */
  settled(): Promise<void>;
  text(selector?: string): Promise<string>;
  /** As wide as a screen, and in its colours. */
  look(look: Look): Promise<void>;
  /** Makes it as new: a browser that was opened for each test is most of what the tests take. */
  reset(): Promise<void>;
}

export interface Look {
  width?: number;
  colorScheme?: 'light' | 'dark';
}

/** Twelve minutes after the fixture's rebuild. */
export const NOW = Date.parse(REBUILT_AT) + 12 * 60_000;

/** What is drawn asks for its answers a frame later. */
const FRAMES =
  'new Promise((shown) => requestAnimationFrame(() => setTimeout(() => requestAnimationFrame(() => setTimeout(shown)))))';
const IS_SHOWN = "document.querySelector('h1') !== null && document.querySelector('[aria-busy=true]') === null";

export async function openDashboard(browser: Browser, server: FixtureServer): Promise<DashboardPage> {
  const context = await browser.newContext({
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  const look = async ({ width = 1280, colorScheme = 'light' }: Look) => {
    await page.setViewportSize({ width, height: 800 });
    await page.emulateMedia({ media: 'screen', colorScheme });
  };
  await look({});
  await page.clock.setFixedTime(NOW);
  const complaints: string[] = [];
  page.on('console', (line) => complaints.push(`console: ${line.text()}`));
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(`${server.url}/`) && !url.startsWith('blob:')) complaints.push(`request: ${url}`);
  });
  let awaited = 0;
  page.on('request', () => (awaited += 1));
  page.on('requestfinished', () => (awaited -= 1));
  page.on('requestfailed', () => (awaited -= 1));
  const isSettled = async () => {
    await page.evaluate(FRAMES);
    return awaited === 0 && (await page.evaluate(IS_SHOWN));
  };
  const settled = async () => {
    await until(isSettled, { what: 'the page with its answers' });
  };
  return {
    page,
    context,
    complaints,
    settled,
    look,
    async reset() {
      await page.unrouteAll({ behavior: 'ignoreErrors' });
      await page.evaluate('localStorage.clear()');
      await page.mouse.move(0, 0);
      await look({});
      await page.clock.setFixedTime(NOW);
      complaints.length = 0;
    },
    async open(path) {
      const response = await page.goto(server.url + path, { waitUntil: 'commit' });
      await settled();
      return response;
    },
    text: (selector = 'main') => page.locator(selector).first().innerText(),
  };
}

/** That the page has no part wider than the screen. */
export async function assertFits({ page }: DashboardPage, what: string): Promise<void> {
  const wide = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
  assert.equal(wide, 0, `${what} is ${wide} px too wide`);
}
