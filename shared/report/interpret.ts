import { type JsonObject, type StoredEvent, userAgentMd5 } from '../event/envelope.ts';
import { objectName } from '../event/object-name.ts';
import type { Rejection } from '../event/rejection.ts';
import { type CustomValue, customFields } from '../project/custom-fields.ts';
import type { Project } from '../project/project.ts';
import { PermanentError } from '../runtime/errors.ts';
import { castBoolean, castText, type FieldValue } from './cast.ts';
import { cleanPayload } from './clean.ts';
import { eventAddresses, networkAddress, storedAddress } from './country.ts';
import { type DeactivationReason, deactivationReason } from './deactivation.ts';
import { type Environment, environmentOf } from './environment.ts';
import { fingerprintOf } from './fingerprint.ts';
import { canonicalSite, urlMd5 } from './site-id.ts';
import { databaseVersion, minorVersion, webServer } from './versions.ts';

/** What every interpreted event has. Times order events: `receivedAt`, then `eventId`. */
export interface EventKey {
  eventId: string;
  receivedAt: string;
  projectHash: string;
  /** The network that sent it, as the platform vouches; null when it is no public one. */
  senderNetwork: string | null;
}

/** What a site said of itself. */
export interface SiteReport extends EventKey {
  kind: 'track' | 'deactivate';
  /** Canonical. */
  site: string;
  urlMd5: string;
  environment: Environment;
  /** Known values by column of schemas/bigquery/sites.json; one that is not here is unknown. */
  values: Record<string, FieldValue>;
  /** Columns that the report states as empty; `custom_fields`: one of them. */
  cleared: string[];
  customFields: Record<string, CustomValue>;
  additional: JsonObject | null;
  castErrors: string[];
}

/** A site that dropped the plugin or theme. */
export interface Deactivation extends EventKey, DeactivationReason {
  site: string;
  urlMd5: string | null;
  environment: Environment;
  projectVersion: string | null;
}

/** A site whose admin declined to be tracked; known by the md5 of its url alone. */
export interface OptOut extends EventKey {
  urlMd5: string | null;
  previouslySkipped: boolean | null;
  clientVersion: string | null;
}

/** A deactivation that names no project (client 1.2.3), and no site that exactly one project knows, yet. */
export interface UnclaimedDeactivation {
  eventId: string;
  receivedAt: string;
  urlMd5: string;
}

/** What an event means: a rejection, or what the stores are to hold. */
export interface Meaning {
  report?: SiteReport;
  deactivation?: Deactivation;
  optOut?: OptOut;
  unclaimed?: UnclaimedDeactivation;
  rejection?: Rejection;
}

/** Whom an event is from, as far as the stores know. */
export interface Attribution {
  project?: Project;
  /** The canonical site that the User-Agent's md5 stands for, when the payload names none. */
  site?: string;
  /** The country of the first of its addresses that tells one. */
  country?: string;
}

/** The one interpretation: pure, so that every store, every retry and every replay gets the same answer. */
export function interpret(event: StoredEvent, attribution: Attribution): Meaning {
  const unclaimed = unclaimedDeactivation(event, attribution);
  if (unclaimed !== undefined) return { unclaimed };
  try {
    const project = knownProject(event, attribution);
    const key = {
      eventId: event.id,
      receivedAt: event.receivedAt,
      projectHash: project.hash,
      senderNetwork: senderNetwork(event),
    };
    switch (event.kind) {
      case 'track':
        return { report: siteReport(event, project, key, attribution) };
      case 'deactivate':
        return interpretDeactivation(event, project, key, attribution);
      case 'tracking-skipped':
        return { optOut: optOut(event, key) };
    }
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error;
    return { rejection: rejectionOf(event, error) };
  }
}

/** The project hash that a payload states; null when it states none. */
export function payloadHash(payload: JsonObject): string | null {
  return typeof payload.hash === 'string' && payload.hash.trim() !== '' ? payload.hash.trim().toLowerCase() : null;
}

/** A deactivation of client 1.2.3, which names neither project nor site: of all events its User-Agent alone says whose it is. */
export function isNameless({ kind, payload }: Pick<StoredEvent, 'kind' | 'payload'>): boolean {
  return kind === 'deactivate' && payloadHash(payload) === null && payload.url === undefined;
}

/** What is recorded of an event that is refused. */
export function rejectionOf(
  { id, kind, receivedAt, payload }: Pick<StoredEvent, 'id' | 'kind' | 'receivedAt' | 'payload'>,
  { reason, field, message }: PermanentError,
): Rejection {
  return {
    eventId: id,
    kind,
    receivedAt,
    projectHash: castText(payloadHash(payload), 64) ?? null,
    reason,
    field,
    message,
    objectName: objectName(kind, receivedAt, id),
  };
}

/** What is recorded of a deactivation that nobody claimed. */
export function rejectionOfUnclaimed({ eventId, receivedAt }: UnclaimedDeactivation): Rejection {
  const message = 'no project hash, and not exactly one project knows the site';
  return rejectionOf({ id: eventId, kind: 'deactivate', receivedAt, payload: {} }, noProject(message));
}

function noProject(message = 'no project hash'): PermanentError {
  return new PermanentError('no_project', 'hash', message);
}

function unclaimedDeactivation(event: StoredEvent, { project }: Attribution): UnclaimedDeactivation | undefined {
  const { id: eventId, receivedAt, userAgent } = event;
  const md5 = userAgentMd5(userAgent);
  return project === undefined && md5 !== null && isNameless(event) ? { eventId, receivedAt, urlMd5: md5 } : undefined;
}

function knownProject(event: StoredEvent, { project }: Attribution): Project {
  if (project === undefined && payloadHash(event.payload) === null) throw noProject();
  if (project === undefined) throw new PermanentError('unknown_project', 'hash', 'no project has this hash');
  if (project.archived) throw new PermanentError('archived_project', 'hash', 'the project is archived');
  return project;
}

function siteReport(event: StoredEvent, project: Project, key: EventKey, { country }: Attribution): SiteReport {
  const { payload, kind } = event;
  const { url } = payload;
  if (typeof url !== 'string' || url.trim() === '') throw new PermanentError('no_site', 'url', 'no site url');
  const site = canonicalSite(url);
  if (site === undefined) throw new PermanentError('invalid_url', 'url', 'not an http or https url');
  const { values, cleared, errors, additional } = cleanPayload(payload, { anonymous: kind === 'deactivate' });
  const custom = customFields(payload.extra, project.customFields);
  const fingerprint = fingerprintOf(values, custom.values);
  return {
    ...key,
    kind: kind === 'track' ? 'track' : 'deactivate',
    site,
    urlMd5: userAgentMd5(event.userAgent) ?? urlMd5(url),
    environment: environmentOf(site, values.server_software),
    values: {
      ...values,
      ...derivedValues(values),
      ...origin(event, project, country),
      ...(fingerprint && { fingerprint }),
    },
    cleared: [...cleared, ...(custom.cleared ? ['custom_fields'] : [])],
    customFields: custom.values,
    additional,
    castErrors: [...errors, ...custom.errors],
  };
}

/** Groups for charts, beside the raw values. */
function derivedValues(values: Record<string, FieldValue>): Record<string, FieldValue> {
  const text = (column: string) => (typeof values[column] === 'string' ? values[column] : null);
  const derived = {
    web_server: webServer(text('server_software')),
    php_minor: minorVersion(text('php_version')),
    wp_minor: minorVersion(text('wp_version')),
    database: databaseVersion(text('mysql_version'), text('php_version')),
  };
  return Object.fromEntries(Object.entries(derived).filter((entry): entry is [string, string] => entry[1] !== null));
}

function origin(event: StoredEvent, project: Project, country: string | undefined): Record<string, FieldValue> {
  const address = storedAddress(event, project);
  return {
    ...(address !== undefined && { ip_address: address }),
    ...(country !== undefined && { country }),
  };
}

/** Evidence of who sent an event: nobody can tell a forged one from a real one by what it says. */
function senderNetwork(event: StoredEvent): string | null {
  const [address] = eventAddresses({ ...event, payload: {} });
  return address === undefined ? null : networkAddress(address);
}

function interpretDeactivation(event: StoredEvent, project: Project, key: EventKey, attribution: Attribution): Meaning {
  const { site: knownSite } = attribution;
  const reason = deactivationReason(event.payload, project);
  // client 1.2.3 sends its reason and nothing else
  if (event.payload.url === undefined && knownSite !== undefined) {
    const deactivation = {
      ...key,
      ...reason,
      site: knownSite,
      urlMd5: userAgentMd5(event.userAgent),
      environment: environmentOf(knownSite),
      projectVersion: null,
    };
    return { deactivation };
  }
  const report = siteReport(event, project, key, attribution);
  const { site, urlMd5: md5, environment, values } = report;
  const version = typeof values.project_version === 'string' ? values.project_version : null;
  return { report, deactivation: { ...key, ...reason, site, urlMd5: md5, environment, projectVersion: version } };
}

function optOut(event: StoredEvent, key: EventKey): OptOut {
  const { values } = cleanPayload(event.payload, { anonymous: true });
  return {
    ...key,
    urlMd5: userAgentMd5(event.userAgent),
    previouslySkipped: castBoolean(event.payload.previously_skipped) ?? null,
    clientVersion: typeof values.client_version === 'string' ? values.client_version : null,
  };
}
