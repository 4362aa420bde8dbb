import { type StoredEvent, userAgentMd5 } from '../../../shared/event/envelope.ts';
import { objectName } from '../../../shared/event/object-name.ts';
import { addDays } from '../../../shared/figures/days.ts';
import type { Advisory } from '../../../shared/project/advisories.ts';
import type { Project } from '../../../shared/project/project.ts';
import { interpret, payloadHash } from '../../../shared/report/interpret.ts';
import { canonicalSite } from '../../../shared/report/site-id.ts';
import { concurrently } from '../../../shared/runtime/concurrently.ts';
import { simulatePast } from '../../../shared/simulation/past.ts';
import { worldOf } from '../../../shared/simulation/world.ts';
import { openHistory } from '../../../shared/stores/history/history.ts';
import type { QueryOptions } from '../../../shared/stores/history/history-reader.ts';
import { HELD_TABLES, openSiteHistory } from '../../../shared/stores/history/site-history.ts';
import { openDerivedSites } from '../../../shared/stores/sites/derived-sites.ts';
import { TEST_PROJECT } from '../../../shared/testing/events.ts';
import { IS_PROOF } from '../../../shared/testing/in-proof.ts';
import { appendHistory } from '../../process-event/append-history.ts';
import type { Stores } from '../../rebuild-analytics/rebuild.ts';
import type { Listed } from '../figures-on-page/expected-texts.ts';
import { deliveriesOf } from './deliveries.ts';
import { dayNumber } from './read-histories.ts';
import { type Recount, recount } from './recount.ts';
import { roughHistory } from './rough-history.ts';
import { stateOn } from './site-states.ts';

const { SITEBEAT_FIGURES_SITES, SITEBEAT_FIGURES_DAYS } = process.env;
export const IS_WHOLE = IS_PROOF || SITEBEAT_FIGURES_SITES !== undefined;
/** As large as one asks: `npm run proof:figures`. */
const SITES = Number(SITEBEAT_FIGURES_SITES ?? (IS_WHOLE ? 60 : 24));
/** At least 2. By itself so many that a silence, the period that a page shows at first, and a release fit in. */
const DAYS = Number(SITEBEAT_FIGURES_DAYS ?? 40);
export const IS_USUAL = SITEBEAT_FIGURES_SITES === undefined && SITEBEAT_FIGURES_DAYS === undefined;
/** Of a project that is younger than the period that a page shows at first. */
const YOUNG = { sites: 12, days: Math.min(DAYS, 16) };
const ROUGH = IS_WHOLE ? 3 : 1;
/** Of each history. */
const ERASED = 3;
/** Of each state. */
const LISTED = 1;
const SEED = Number(process.env.SITEBEAT_FIGURES_SEED ?? 1);
export const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
export const FIRST_DAY = '2026-01-01';
const START = Date.parse(FIRST_DAY);
const END = START + DAYS * DAY_MS;
/** The days of the past. */
export const PAST = Array.from({ length: DAYS }, (_, day) => dayOf(START + day * DAY_MS));
/** The day after the last one of the past: it has begun. */
export const TODAY = dayOf(END);
export const NOW = END + DAY_MS / 2;
export const ERASED_AT = START + (Math.max(1, Math.floor(DAYS / 4)) + 0.5) * DAY_MS;
export const ERASED_ON = dayOf(ERASED_AT);

/** The past of a project, of which some sites are erased on the way. */
export interface Case {
  title: string;
  project: Project;
  events: StoredEvent[];
  /** What goes when some sites are erased. */
  erased: { sites: string[]; events: StoredEvent[] };
  left: StoredEvent[];
}

function caseOf(title: string, index: number, past: (hash: string) => StoredEvent[], days = DAYS): Case {
  const hash = `project-${index}`;
  const events = past(hash);
  const project = { ...TEST_PROJECT, hash, slug: hash, name: `Project ${index}`, advisories: [hole(days)] };
  const erased = erasedOf(events);
  const gone = new Set(erased.events);
  return { title, project, events, erased, left: events.filter((event) => !gone.has(event)) };
}

/** In the versions of the simulated past up to the newest but one. */
function hole(days: number): Advisory {
  const out = worldOf({ seed: SEED, days }).releases.filter(({ day }) => day < days);
  const [affected = '', fixedIn = ''] = out.slice(-2).map(({ version }) => version);
  return {
    ...{ id: '2026-1', title: 'Entries could be read', affected: `<=${affected}`, fixedIn },
    publishedAt: addDays(TODAY, -20),
  };
}

/** A few of the sites that are known by name, with whatever else goes by their md5s. */
function erasedOf(events: StoredEvent[]): Case['erased'] {
  const known = [...new Set(events.flatMap((event) => siteOf(event) ?? []))];
  const sites = known.filter((_, index) => index % Math.ceil(known.length / ERASED) === 0);
  return { sites, events: eventsOf(events, sites) };
}

function siteOf({ payload }: StoredEvent): string | undefined {
  return canonicalSite(String(payload.url ?? ''));
}

function eventsOf(events: StoredEvent[], sites: string[]): StoredEvent[] {
  const isNamed = (event: StoredEvent) => sites.includes(siteOf(event) ?? '');
  const md5s = new Set(events.filter(isNamed).map(({ userAgent }) => userAgentMd5(userAgent)));
  const isTheirs = ({ userAgent }: StoredEvent) => md5s.has(userAgentMd5(userAgent));
  return events.filter((event) => isNamed(event) || isTheirs(event));
}

const byTime = (one: StoredEvent, other: StoredEvent) =>
  `${one.receivedAt}/${one.id}` < `${other.receivedAt}/${other.id}` ? -1 : 1;

const recounts = new Map<Case, Recount>();

/** A recount of what is left of a case, made once. */
export function recountOf(one: Case): Recount {
  const { project, left } = one;
  const recounted = recounts.get(one) ?? recount(left, { project, until: TODAY });
  recounts.set(one, recounted);
  return recounted;
}

/** A site of each state, that never was in two environments. */
export function listedOf(one: Case): Listed[] {
  const { sites } = recountOf(one).histories;
  const whole = sites.filter(
    ({ site, said }) =>
      sites.filter((other) => other.site === site).length === 1 && said.some(({ kind }) => kind === 'report'),
  );
  const last = dayNumber(TODAY);
  return (['active', 'silent', 'left'] as const).flatMap((state) =>
    whole
      .filter((history) => stateOn(history, last) === state)
      .slice(0, LISTED)
      .map((history) => ({ history, events: eventsOf(one.left, [history.site]).sort(byTime) })),
  );
}

function simulatedCase(index: number, { sites, days }: { sites: number; days: number }): Case {
  const past = (projectHash: string) => simulatePast({ projectHash, sites, days, seed: SEED, until: new Date(END) });
  return caseOf(`a simulated past of ${sites} sites in ${days} days`, index, (hash) => [...past(hash)], days);
}

/** Those whose pages are looked at. */
export const SHOWN: Case[] = [simulatedCase(0, { sites: SITES, days: DAYS }), simulatedCase(1, YOUNG)];
export const CASES: Case[] = [
  ...SHOWN,
  ...Array.from({ length: ROUGH }, (_, index) =>
    caseOf(`rough history ${index}`, SHOWN.length + index, (hash) =>
      roughHistory(100 * SEED + index, { sites: 7, days: DAYS }).map((event) => ({
        ...event,
        id: `${event.id}-${hash}`,
        payload: { ...event.payload, hash },
      })),
    ),
  ),
];

/** What the functions hear of some days, in any order; late and doubled. */
export function openTelling(options: QueryOptions, { lateDays }: Stores) {
  const all = CASES.flatMap(({ events }) => events).sort((one, other) => (one.receivedAt < other.receivedAt ? -1 : 1));
  const meaningOf = openMeanings(all);
  const days = [...deliveriesOf(all, { seed: SEED, late: 0.06, lateDays: [1, 29, 31, 200], doubled: 0.04 })];
  const history = openHistory(options);
  const rejections = { append: async () => {} };
  return async (isTold: (day: string) => boolean, but: ReadonlySet<StoredEvent>): Promise<void> => {
    for (const { day, events } of days.filter((one) => isTold(one.day))) {
      // what would come after the end comes on its day
      const at = new Date(Math.min(Date.parse(day) + DAY_MS / 2, END));
      const told = events.filter((event) => !but.has(event));
      await concurrently(told, 500, (event) =>
        appendHistory(meaningOf(event), { history, rejections, lateDays, now: () => at }),
      );
    }
  };
}

/** On the last day that is over. */
export function activeIn({ days }: Recount): number {
  return days.find(({ day }) => day === addDays(TODAY, -1))?.active ?? 0;
}

/** As `sitebeat erase` does. */
export async function eraseSites(options: QueryOptions): Promise<void> {
  for (const { project, erased } of CASES) {
    const objects = erased.events.map(({ kind, receivedAt, id }) => objectName(kind, receivedAt, id));
    for (const table of HELD_TABLES) await openSiteHistory(options).remove(table, objects);
    await openDerivedSites(options).remove(project.hash, erased.sites);
  }
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** What events mean; a deactivation without a name is of the site that goes by its md5. */
function openMeanings(events: StoredEvent[]) {
  const projects = new Map(CASES.map(({ project }) => [project.hash, project]));
  const owners = new Map<string, { project: Project; site: string }>();
  for (const { payload, userAgent } of events) {
    const project = projects.get(payloadHash(payload) ?? '');
    const [md5, site] = [userAgentMd5(userAgent), canonicalSite(String(payload.url ?? ''))];
    if (project && md5 !== null && site !== undefined && !owners.has(md5)) owners.set(md5, { project, site });
  }
  return (event: StoredEvent) => {
    const hash = payloadHash(event.payload);
    const attribution =
      hash === null ? owners.get(userAgentMd5(event.userAgent) ?? '') : { project: projects.get(hash) };
    return interpret(event, attribution?.project ? (attribution as { project: Project }) : {});
  };
}
