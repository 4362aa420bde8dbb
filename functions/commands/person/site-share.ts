import { parseObjectName } from '../../../shared/event/object-name.ts';
import { addressKeysIn } from '../../../shared/report/email-address.ts';
import { keyOf, type Traces } from '../../../shared/report/event-keys.ts';
import type { KeyedObject } from '../../../shared/stores/history/event-keys.ts';
import type { HistoryEvent } from '../../../shared/stores/history/site-history.ts';

/** How much of a site that was reported under an address is the address's. */
export interface SiteShare {
  /** Canonical. */
  site: string;
  /** Events of the site, and how many of them hold the address. */
  events: number;
  holding: number;
  /** Which of them an erasure removes: all, with whatever else there is of the site; or those that hold it. */
  removes: 'site' | 'events';
}

export interface JudgedSite {
  share: SiteShare;
  /** Of its events. */
  objects: string[];
}

/** Where the events of a site may be known from. */
export interface ShareSources {
  projectHash: string;
  /** See addressKey. */
  email: string;
  traces: ReadonlyMap<string, Traces | null>;
  found: readonly KeyedObject[];
  rows: readonly HistoryEvent[];
}

interface Said {
  holds: boolean;
  /** It speaks against the site's being the address's. */
  isOthers: boolean;
}

/**
 * A site is an address's own when each event that gives the site's url names it as the admin's, as clients always do. Neither the
 * latest event nor most of them would do: anybody can report in a site's name as often as he likes, and would have its past erased.
 */
export function sharesOf(sites: readonly string[], sources: ShareSources): JudgedSite[] {
  const events = eventsOf(sites, sources);
  return sites.map((site) => {
    const ofSite = events.get(site) ?? new Map<string, Said>();
    const said = [...ofSite.values()];
    const holding = said.filter(({ holds }) => holds).length;
    const removes = said.some(({ isOthers }) => isOthers) ? 'events' : 'site';
    return { share: { site, events: said.length, holding, removes }, objects: [...ofSite.keys()] };
  });
}

/** What the events of each site say, by their objects: as the object has it, else its row, else the index. */
function eventsOf(sites: readonly string[], sources: ShareSources): Map<string, Map<string, Said>> {
  const { projectHash, email, traces, found, rows } = sources;
  const events = new Map(sites.map((site) => [site, new Map<string, Said>()]));
  const siteOfKey = new Map(sites.map((site) => [keyOf(projectHash, 'site', site), site]));
  const emailKey = keyOf(projectHash, 'email', email);
  const holding = new Set(found.filter(({ key }) => key === emailKey).map(({ object }) => object));
  const siteOf = new Map<string, string>();
  for (const { object, key } of found) {
    const site = siteOfKey.get(key);
    if (site === undefined) continue;
    siteOf.set(object, site);
    const holds = holding.has(object);
    events.get(site)?.set(object, { holds, isOthers: !holds });
  }
  for (const { object, site, adminEmail, texts } of rows) {
    const holds = holdsAddress(`${adminEmail ?? ''} ${texts ?? ''}`, email);
    // of a deactivation no row has the admin
    const isOthers = !holdsAddress(adminEmail, email) && (adminEmail !== null || isReport(object));
    events.get(site ?? '')?.set(object, { holds, isOthers });
  }
  for (const [object, one] of traces) {
    if (one === null || (one.projectHash ?? projectHash) !== projectHash) continue;
    const { site, adminEmails, emails } = one;
    const isOthers = !adminEmails.includes(email) && (site !== null || adminEmails.length > 0);
    events.get(site ?? siteOf.get(object) ?? '')?.set(object, { holds: emails.includes(email), isOthers });
  }
  return events;
}

function isReport(object: string): boolean {
  return parseObjectName(object)?.kind === 'track';
}

/** Whether a text holds an address, in whatever spelling; see addressKey. */
export function holdsAddress(text: string | null, email: string | null): boolean {
  return email !== null && text !== null && addressKeysIn(text, Number.POSITIVE_INFINITY).includes(email);
}
