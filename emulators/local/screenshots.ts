import { mkdir, writeFile } from 'node:fs/promises';
import type { Browser } from 'playwright-core';
import { findChromium, openBrowser } from '../../functions/dashboard/page/testing/open-browser.ts';
import { SAMPLE_PROJECT } from './sample.ts';
import { startRunner } from './testing/runner-process.ts';

const OUT = new URL('../../functions/dashboard/page/screenshots/', import.meta.url);
const SHOTS = [
  { name: 'overview.png', width: 1280, height: 900, scale: 1, path: '' },
  { name: 'phone.png', width: 390, height: 844, scale: 1.5, path: '' },
] as const;
const FIGURES_MS = 300_000;

/** Makes README's pictures of the dashboard: a mesh with the sample's past, in a real browser. */
async function main(): Promise<void> {
  const chromium = findChromium();
  if (chromium === undefined) throw new Error('there is no chromium on this machine; CHROMIUM names one');
  const runner = await startRunner(['--sample']);
  const browser = await openBrowser(chromium);
  try {
    await mkdir(OUT, { recursive: true });
    for (const shot of SHOTS) {
      await writeFile(new URL(shot.name, OUT), await take(browser, runner.dashboard, shot));
      console.log(`functions/dashboard/page/screenshots/${shot.name}`);
    }
  } finally {
    await browser.close();
    await runner.end('SIGTERM');
  }
}

async function take(browser: Browser, link: string, shot: (typeof SHOTS)[number]): Promise<Buffer> {
  const { width, height, scale: deviceScaleFactor } = shot;
  const context = await browser.newContext({
    viewport: { width, height },
    deviceScaleFactor,
    colorScheme: 'light',
    locale: 'en-GB',
    timezoneId: 'UTC',
  });
  try {
    const page = await context.newPage();
    const { origin, hash } = new URL(link);
    await page.goto(`${origin}/p/${SAMPLE_PROJECT.slug}${shot.path}${hash}`);
    await page.locator('.chart path').first().waitFor({ timeout: FIGURES_MS });
    return await page.screenshot();
  } finally {
    await context.close();
  }
}

await main();
