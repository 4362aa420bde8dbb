import type { StoredEvent } from '../../../shared/event/envelope.ts';
import { userAgentMd5 } from '../../../shared/event/envelope.ts';
import type { Project } from '../../../shared/project/project.ts';
import { eventAddresses } from '../../../shared/report/country.ts';
import { type Deactivation, interpret, payloadHash, type SiteReport } from '../../../shared/report/interpret.ts';
import { siteSpellings, urlMd5 } from '../../../shared/report/site-id.ts';
import type { CountryOf } from '../../../shared/stores/countries.ts';

/** Days since 1970-01-01, UTC. */
export type DayNumber = number;

/** What a site said at a moment: a report with consent, or that it left. */
export type Said = { day: DayNumber; receivedAt: string; network: string | null } & (
  | { kind: 'report'; report: SiteReport }
  | { kind: 'left'; deactivation: Deactivation }
);

/** Everything that a site said in one environment, in its order. */
export interface SiteHistory {
  site: string;
  environment: string;
  said: Said[];
  /** Its names in User-Agents, with the day on which each was first known. */
  md5s: Map<string, DayNumber>;
}

export interface Refusal {
  day: DayNumber;
  urlMd5: string;
  wasRefusedBefore: boolean;
}

export interface Histories {
  sites: SiteHistory[];
  refusals: Refusal[];
}

const DAY_MS = 86_400_000;

export function dayNumber(time: string): DayNumber {
  return Math.floor(Date.parse(time) / DAY_MS);
}

export function dayText(day: DayNumber): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** What the objects of the archive say of a project's sites; in any order, and doubled as they may be. */
export function readHistories(objects: StoredEvent[], project: Project, countryOf: CountryOf): Histories {
  const events = [...new Map(objects.map((event) => [event.id, event])).values()].sort((one, other) =>
    `${one.receivedAt}/${one.id}` < `${other.receivedAt}/${other.id}` ? -1 : 1,
  );
  const sites = new Map<string, SiteHistory>();
  const refusals: Refusal[] = [];
  for (const event of events) {
    const { report, deactivation, optOut } = meaningOf(event, project, countryOf, sites);
    const day = dayNumber(event.receivedAt);
    const about = deactivation ?? report;
    if (about) {
      const key = `${about.environment} ${about.site}`;
      const { site, environment } = about;
      const history: SiteHistory = sites.get(key) ?? { site, environment, said: [], md5s: new Map() };
      sites.set(key, history);
      for (const md5 of [about.urlMd5, ...siteSpellings(about.site).map(urlMd5)]) {
        if (md5 !== null && !history.md5s.has(md5)) history.md5s.set(md5, day);
      }
      const at = { day, receivedAt: event.receivedAt, network: about.senderNetwork };
      history.said.push(
        deactivation ? { ...at, kind: 'left', deactivation } : { ...at, kind: 'report', report: report as SiteReport },
      );
    }
    if (optOut?.urlMd5)
      refusals.push({ day, urlMd5: optOut.urlMd5, wasRefusedBefore: optOut.previouslySkipped === true });
  }
  return { sites: [...sites.values()], refusals };
}

function meaningOf(event: StoredEvent, project: Project, countryOf: CountryOf, sites: Map<string, SiteHistory>) {
  const country = eventAddresses(event)
    .map(countryOf)
    .find((code) => code !== null);
  const from = country ? { country } : {};
  const hash = payloadHash(event.payload);
  if (hash !== null) return hash === project.hash ? interpret(event, { project, ...from }) : {};
  // client 1.2.3: only its md5 tells the site, which has to be known by then
  const md5 = userAgentMd5(event.userAgent);
  const owner = [...sites.values()].find(({ md5s }) => md5 !== null && md5s.has(md5));
  return owner ? interpret(event, { project, site: owner.site, ...from }) : {};
}
