import type { Browser, Page } from 'playwright-core';
import type { Project } from '../../../shared/project/project.ts';
import { type Progress, until } from '../../../shared/testing/until.ts';
import { siteId } from '../../dashboard/site-id.ts';
import { countFigures } from '../recount/count-documents.ts';
import type { Recount } from '../recount/recount.ts';
import { type Answers, answeredFigures, askAll } from './answered-figures.ts';
import { countForecast } from './count-forecast.ts';
import { adoptionTexts } from './expected-adoption.ts';
import { deactivationsTexts, environmentTexts } from './expected-rest.ts';
import { projectsTexts, sitesListTexts, siteTexts } from './expected-sites.ts';
import { type Expected, overviewTexts, type Told } from './expected-texts.ts';
import { DROPPED, type Figures, shownDays } from './figure-names.ts';
import { type Reading, readPage } from './read-page.ts';
import { recountedFigures } from './recounted-figures.ts';

/** The function as a person reaches it. */
export interface Reached {
  url: string;
  /** Of the link that opens the page. */
  token: string;
}

/** What the API and a recount say of a project. */
export async function askAndRecount(
  { url, token }: Reached,
  { project, recounted, ...others }: { project: Project; recounted: Recount } & Pick<Told, 'projects' | 'listed'>,
): Promise<{ told: Told; answered: Figures; contradictions: string[] }> {
  const cookie = await signIn(url, token);
  const get = async <Answer>(path: string): Promise<Answer> => {
    const response = await fetch(`${url}/api/v1${path}`, { headers: { cookie } });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as Answer;
  };
  const answers: Answers = await askAll(get, project);
  const { through } = answers.overview;
  const published = countFigures(recounted, through);
  const figures = recountedFigures(recounted, { project, through, releases: published.releases.releases });
  const { figures: answered, contradictions } = answeredFigures(answers);
  const forecast = countForecast(recounted.days, { below: DROPPED.below, through });
  const told: Told = { ...others, project, figures, published, forecast, answers, shown: shownDays(through) };
  return { told, answered, contradictions };
}

async function signIn(url: string, token: string): Promise<string> {
  const { headers } = await fetch(`${url}/api/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-sitebeat': '1' },
    body: JSON.stringify({ token }),
  });
  return headers.get('set-cookie')?.split(';', 1)[0] ?? '';
}

const ROUNDING = 1e-9;

/** Figures of one name that are not the same; one that nothing was counted of is 0. */
export function differences(answered: Figures, recounted: Figures): string[] {
  return [...answered].flatMap(([name, value]) => {
    const counted = recounted.has(name) ? (recounted.get(name) as number | null) : 0;
    const isSame = value === null || counted === null ? value === counted : Math.abs(value - counted) < ROUNDING;
    return isSame ? [] : [`${name}: the API ${value}, a recount ${counted}`];
  });
}

function pagesOf(told: Told): { path: string; texts: Expected }[] {
  const own = `/p/${told.project.slug}`;
  return [
    { path: '/?', texts: projectsTexts(told) },
    { path: `${own}?`, texts: overviewTexts(told) },
    { path: `${own}/adoption?`, texts: adoptionTexts(told) },
    { path: `${own}/environment?`, texts: environmentTexts(told) },
    { path: `${own}/deactivations?`, texts: deactivationsTexts(told) },
    { path: `${own}/sites?environment=any&copies=true&`, texts: sitesListTexts(told) },
    ...told.listed.map((listed) => ({
      path: `${own}/sites/${siteId(listed.history.site)}?`,
      texts: siteTexts(told, listed),
    })),
  ];
}

export interface Shown {
  /** How many pieces of text with a digit the pages have. */
  read: number;
  /** Where a page says something else than it has to, or nothing; or what nobody told it. */
  wrong: string[];
  /** What the browser had to say. */
  console: string[];
}

/** Opens the link, and reads every number of every page of the project, the tables behind its charts too. */
export async function readPages(browser: Browser, { url, token }: Reached, told: Told): Promise<Shown> {
  const context = await browser.newContext({ locale: 'en-GB', timezoneId: 'UTC', reducedMotion: 'reduce' });
  const shown: Shown = { read: 0, wrong: [], console: [] };
  try {
    const page = await context.newPage();
    page.on('console', (line) => shown.console.push(line.text()));
    page.on('pageerror', (error) => shown.console.push(error.message));
    // so that the figures are not late
    await page.clock.setFixedTime(Date.parse(String(told.answers.status.rebuiltAt)) + MINUTE_MS);
    let link = `#token=${token}`;
    for (const { path, texts } of pagesOf(told)) {
      await page.goto(`${url}${path}tables=all${link}`);
      link = '';
      const { readings, wrong } = await lastReading(page, texts);
      shown.read += readings.length;
      shown.wrong.push(...wrong.map((line) => `${path}: ${line}`));
    }
    return shown;
  } finally {
    await context.close();
  }
}

const MINUTE_MS = 60_000;

/** How long a page may stay as it is while something is wrong there: an answer can lead to the next question. */
const STILL_MS = 10_000;

/** Read until it is as it has to be, or nothing moves any more. */
async function lastReading(page: Page, texts: Expected): Promise<{ readings: Reading[]; wrong: string[] }> {
  let last: { readings: Reading[]; wrong: string[] } = { readings: [], wrong: ['nothing can be read'] };
  const isRight = async (progress: Progress) => {
    const readings = await readPage(page);
    progress(readings);
    last = { readings, wrong: compare(readings, texts) };
    return last.wrong.length === 0;
  };
  // what stays wrong is told of with all the rest
  await until(isRight, { deadlineMs: STILL_MS }).catch(() => {});
  return last;
}

/** Spaces differ between what writes a number here and there. */
const plain = (text: string): string => text.replaceAll(/\s/g, '');

function compare(readings: readonly Reading[], expected: Expected): string[] {
  const missing = new Map(expected);
  const wrong = readings.flatMap(({ place, text }) => {
    const wanted = missing.get(place);
    missing.delete(place);
    if (wanted !== undefined && plain(wanted) === plain(text)) return [];
    return [`${place}: it says “${text}”, ${wanted === undefined ? 'which nobody told it' : `and not “${wanted}”`}`];
  });
  const left = [...missing].filter(([, text]) => /\d/.test(text));
  return [...wrong, ...left.map(([place, text]) => `${place}: “${text}” is not there`)];
}
