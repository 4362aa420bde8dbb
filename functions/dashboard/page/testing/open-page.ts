import type { Browser } from 'playwright-core';
import type { DashboardPage } from './dashboard-page.ts';
import type { FixtureServer } from './fixture-server.ts';

/** Each page, and its heading. */
export const PAGES = [
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
export const IS_ALL = process.env.SITEBEAT_PAGE === 'all';

/** The pages of a project that are named by what follows it; by `npm run proof:page` all that there are. */
export const pagesOf = (...paths: string[]) =>
  PAGES.map(({ path }) => path).filter((path) => IS_ALL || paths.includes(path.replace('/p/my-forms', '')));

/** A browser with the page over its fixture: one for all of its tests, for to open it costs more than most of them. */
export interface OpenPage {
  server: FixtureServer;
  browser: Browser;
  dashboard: DashboardPage;
}
