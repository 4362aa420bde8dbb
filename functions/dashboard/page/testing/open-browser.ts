import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser } from 'playwright-core';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The chromium of this machine: CHROMIUM names it, or it lies where packages put it; undefined: there is none. */
export function findChromium(): string | undefined {
  const { CHROMIUM } = process.env;
  return CHROMIUM ?? PLACES.find((place) => existsSync(place));
}

export function openBrowser(executablePath: string): Promise<Browser> {
  // an import would read all of its source for the names of its exports first
  const { chromium } = createRequire(import.meta.url)('playwright-core') as typeof import('playwright-core');
  // containers have no user namespaces for its sandbox; it sees nothing but our own page
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
}
