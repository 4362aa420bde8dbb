import type { Collection, Db } from 'mongodb';
import type { Environment } from '../../report/environment.ts';
import type { SiteFields } from '../../report/fields.ts';
import { transient } from '../../runtime/errors.ts';
import type { DerivedFields } from './site-derived.ts';
import { activeSince, type SiteState, siteState } from './site-state.ts';
import { openSiteUpdates } from './site-updates.ts';

/** An event's place in time: `<receivedAt>/<event id>`; text order is event order. */
export type Stamp = string;

/** The latest state of a site for one project; each group of fields is the newest that an event stated, in camelCase of its columns. */
export interface SiteDocument extends SiteFields, DerivedFields {
  /** `<project hash>:<canonical site>` */
  _id: string;
  project: string;
  site: string;
  environment: Environment;
  /** As of its newest event, or of the last sweep after it; see siteState. Absent in what earlier versions wrote. */
  state: SiteState;
  /** An opt-out is newer than any report with consent. */
  optedOut: boolean;
  firstSeenAt: Date;
  lastSeenAt: Date;
  /** The active site that it shares everything with but the url, and that was seen first, as the last rebuild of the charts found; null without one. */
  cloneOf: string | null;
  /** Its names in User-Agents, sorted: those of its url in every usual spelling, and the newest others that clients gave it. */
  urlMd5s: string[];
  customFields: Record<string, unknown>;
  /** The latest one; null when the site never left. */
  deactivation: SiteDeactivation | null;
  /** When it reported with consent since then, oldest first: the first is its return, if events come late as well. */
  tracksSince: Date[];
  /** The request to the mail lists that was not published yet: one, or none. Absent in what older versions wrote. */
  pendingMail?: PendingMail[];
  /** When that may go out, by the clock of events. Absent while nothing waits, or the site is opted out. */
  mailDueAt?: Date;
  /** Which lists were asked to take which of its addresses, as many as are remembered. Absent before the first. */
  askedMail?: AskedMail[];
  clock: SiteClock;
  /** Grows with every write: two writers at once are told apart by it. */
  revision: number;
}

/** A site's latest deactivation, within its document. */
export interface SiteDeactivation {
  eventId: string;
  deactivatedAt: Date;
  reasonId: string | null;
  reasonSent: string | null;
  reasonInfo: string | null;
  projectVersion: string | null;
}

/** That mail lists are to be asked for the address that the site has. */
export interface PendingMail {
  /** The report with which it began to wait. */
  eventId: string;
  /** ISO 8601, of that event. */
  receivedAt: string;
  /** Lists that are counted among what the project asks in an hour, and whose message may not be out; see listKey. */
  counted?: string[];
}

/** That a list was asked to take an address. */
export interface AskedMail {
  /** See listKey. */
  list: string;
  /** See addressDigest. */
  address: string;
  askedAt: Date;
  /** Nobody knows whether the message went out: no mail at another address for a week, and once more at this one if it comes back. */
  unsure?: true;
}

/** Which event every part of a site's state is from. */
export interface SiteClock {
  /** The newest report. */
  report: Stamp;
  /** Groups that the newest report lacked, with the event they are from; and those that are empty: `[group, stamp]`. */
  older: [string, Stamp][];
  track: Stamp | null;
  deactivation: Stamp | null;
  optOut: Stamp | null;
  /** Names beside those of its url, newest first: `[md5, stamp]`. Absent in what earlier versions wrote. */
  otherMd5s?: [string, Stamp][];
}

/** What tells whose a site's event is. */
export type KnownSite = Pick<SiteDocument, '_id' | 'project' | 'site' | 'firstSeenAt'>;

/** The sites' latest states. */
export interface Sites {
  /**
   * Replaces the site's document by what `merge` makes of it, again and again until nobody wrote in between. `merge` gives
   * the same object when there is nothing to change, as when it is asked again of what it made. Resolves with what is stored.
   */
  update(id: string, merge: (known: SiteDocument | undefined) => SiteDocument): Promise<SiteDocument>;
  /** The same for a site that is there; undefined when it is not, for it may have been erased meanwhile. */
  change(id: string, merge: (known: SiteDocument) => SiteDocument): Promise<SiteDocument | undefined>;
  /** When each of these sites was last heard of; one that is not there is left out. */
  lastSeen(ids: string[]): Promise<Map<string, Date>>;
  /** undefined when there is no such site. */
  find(id: string): Promise<SiteDocument | undefined>;
  /** The sites of a project whose request to the mail lists is due then, oldest first; so many at most, a batch at a time. */
  mailDue(project: string, until: Date, limit: number): AsyncIterable<SiteDocument>;
  countMailDue(project: string, until: Date): Promise<number>;
  /** The sites of a project (of all, without one) that a User-Agent's md5 stands for, the first seen before the others. */
  withMd5(urlMd5: string, project?: string): Promise<KnownSite[]>;
  /** Makes silent what is active no longer, the longest unseen first; looks at so many sites at most. Gives how many became it. */
  markSilent(now: Date, limit: number): Promise<number>;
}

export function siteKey(project: string, site: string): string {
  return `${project}:${site}`;
}

/** A User-Agent's md5 is anybody's to write. */
const MAX_SITES_OF_MD5 = 100;

export function openSites(db: Db): Sites {
  const sites = db.collection<SiteDocument>('sites');
  const updates = openSiteUpdates(sites);
  return {
    // what makes a site of none leaves one
    update: (id, merge) => transient('sites', async () => (await updates({ id, merge })) as SiteDocument),
    change: (id, merge) => transient('sites', () => updates({ id, merge: (known) => known && merge(known) })),
    find: (id) => transient('sites', async () => (await sites.findOne({ _id: id })) ?? undefined),
    mailDue: (project, until, limit) =>
      sites
        .find({ project, mailDueAt: { $lte: until } })
        .sort({ mailDueAt: 1 })
        .limit(limit),
    countMailDue: (project, until) =>
      transient('sites', () => sites.countDocuments({ project, mailDueAt: { $lte: until } })),
    lastSeen: (ids) =>
      transient('sites', async () => {
        const found = sites
          .find({ _id: { $in: ids } })
          .project<Pick<SiteDocument, '_id' | 'lastSeenAt'>>({ lastSeenAt: 1 });
        return new Map((await found.toArray()).map(({ _id, lastSeenAt }) => [_id, lastSeenAt]));
      }),
    withMd5: (urlMd5, project) =>
      transient('sites', () =>
        sites
          .find({ urlMd5s: urlMd5, ...(project !== undefined && { project }) })
          .sort({ firstSeenAt: 1, _id: 1 })
          .limit(MAX_SITES_OF_MD5)
          .project<KnownSite>({ project: 1, site: 1, firstSeenAt: 1 })
          .toArray(),
      ),
    markSilent: (now, limit) => transient('sites', () => markSilent(sites, now, limit)),
  };
}

const WRITES_AT_ONCE = 1000;

async function markSilent(sites: Collection<SiteDocument>, now: Date, limit: number): Promise<number> {
  let silent = 0;
  for (let left = limit; left > 0; left -= WRITES_AT_ONCE) {
    // what happened last to a site that did not leave is its last report
    const found = await sites
      .find({ state: 'active', lastSeenAt: { $lt: activeSince(now) } })
      .sort({ lastSeenAt: 1 })
      .limit(Math.min(WRITES_AT_ONCE, left))
      .project<Pick<SiteDocument, '_id' | 'clock' | 'revision'>>({ clock: 1, revision: 1 })
      .toArray();
    if (found.length === 0) break;
    const changes = found.map(({ _id, clock, revision }) => {
      const update = { $set: { state: siteState(clock, now) }, $inc: { revision: 1 } };
      // whoever wrote it meanwhile has said what it is now
      return { updateOne: { filter: { _id, revision }, update } };
    });
    silent += (await sites.bulkWrite(changes, { ordered: false })).modifiedCount;
  }
  return silent;
}
