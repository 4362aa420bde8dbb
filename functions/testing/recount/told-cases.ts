import { type StoredEvent, userAgentMd5 } from '../../../shared/event/envelope.ts';
import { objectName } from '../../../shared/event/object-name.ts';
import type { Project } from '../../../shared/project/project.ts';
import { interpret, payloadHash } from '../../../shared/report/interpret.ts';
import { canonicalSite } from '../../../shared/report/site-id.ts';
import { concurrently } from '../../../shared/runtime/concurrently.ts';
import { openHistory } from '../../../shared/stores/history/history.ts';
import type { QueryOptions } from '../../../shared/stores/history/history-reader.ts';
import { HELD_TABLES, openSiteHistory } from '../../../shared/stores/history/site-history.ts';
import { openDerivedSites } from '../../../shared/stores/sites/derived-sites.ts';
import { appendHistory } from '../../process-event/append-history.ts';
import type { Stores } from '../../rebuild-analytics/rebuild.ts';
import type { Listed } from '../figures-on-page/expected-texts.ts';
import { deliveriesOf } from './deliveries.ts';
import { dayNumber } from './read-histories.ts';
import type { Recount } from './recount.ts';
import { stateOn } from './site-states.ts';

/** Of each history. */
const ERASED = 3;
/** Of each state. */
const LISTED = 1;
const DAY_MS = 86_400_000;

/** The past of a project, of which some sites are erased on the way. */
export interface Case {
  title: string;
  project: Project;
  events: StoredEvent[];
  /** What goes when some sites are erased. */
  erased: { sites: string[]; events: StoredEvent[] };
  left: StoredEvent[];
}

/** A case in which a few of its sites are erased. */
export function erasedCase(title: string, project: Project, events: StoredEvent[]): Case {
  const erased = erasedOf(events);
  const gone = new Set(erased.events);
  return { title, project, events, erased, left: events.filter((event) => !gone.has(event)) };
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

/** A site of each state, that never was in two environments. */
export function listedOf({ left }: Case, { histories: { sites } }: Recount, today: string): Listed[] {
  const whole = sites.filter(
    ({ site, said }) =>
      sites.filter((other) => other.site === site).length === 1 && said.some(({ kind }) => kind === 'report'),
  );
  const last = dayNumber(today);
  return (['active', 'silent', 'left'] as const).flatMap((state) =>
    whole
      .filter((history) => stateOn(history, last) === state)
      .slice(0, LISTED)
      .map((history) => ({ history, events: eventsOf(left, [history.site]).sort(byTime) })),
  );
}

/** By what the order is made, and when it is over. */
export interface Told {
  seed: number;
  end: number;
}

/** What the functions hear of some days, in any order; late and doubled. */
export function openTelling(cases: Case[], { seed, end }: Told, options: QueryOptions, { lateDays }: Stores) {
  const all = cases.flatMap(({ events }) => events).sort((one, other) => (one.receivedAt < other.receivedAt ? -1 : 1));
  const meaningOf = openMeanings(cases, all);
  const days = [...deliveriesOf(all, { seed, late: 0.06, lateDays: [1, 29, 31, 200], doubled: 0.04 })];
  const history = openHistory(options);
  const rejections = { append: async () => {} };
  return async (isTold: (day: string) => boolean, but: ReadonlySet<StoredEvent>): Promise<void> => {
    for (const { day, events } of days.filter((one) => isTold(one.day))) {
      // what would come after the end comes on its day
      const at = new Date(Math.min(Date.parse(day) + DAY_MS / 2, end));
      const told = events.filter((event) => !but.has(event));
      await concurrently(told, 500, (event) =>
        appendHistory(meaningOf(event), { history, rejections, lateDays, now: () => at }),
      );
    }
  };
}

/** As `sitebeat erase` does. */
export async function eraseSites(cases: Case[], options: QueryOptions): Promise<void> {
  for (const { project, erased } of cases) {
    const objects = erased.events.map(({ kind, receivedAt, id }) => objectName(kind, receivedAt, id));
    for (const table of HELD_TABLES) await openSiteHistory(options).remove(table, objects);
    await openDerivedSites(options).remove(project.hash, erased.sites);
  }
}

/** What events mean; a deactivation without a name is of the site that goes by its md5. */
function openMeanings(cases: Case[], events: StoredEvent[]) {
  const projects = new Map(cases.map(({ project }) => [project.hash, project]));
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
