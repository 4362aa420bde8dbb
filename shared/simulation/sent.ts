import type { JsonObject } from '../event/envelope.ts';
import type { FormValue } from './form.ts';
import { hasRival, type Moment } from './life.ts';
import { seededRandom, seedOf } from './random.ts';
import { currentReport, oldReport, type Payload } from './report.ts';
import { platformOn, RIVAL, releaseOn, type World } from './world.ts';

/** What a site sends, as collect reads it. */
export interface Sent {
  url: string;
  /** Nothing but texts: it is a form. */
  payload: JsonObject;
  /** The address that it comes from. */
  sender: string;
}

export function sentAt(moment: Moment, world: World, hash: string): Sent {
  const { site, kind, isSkipped, isNameless, reason } = moment;
  const url = moment.url ?? site.url;
  const base = currentReport(seededRandom(site.seed), url, hash);
  const why: Payload =
    kind === 'deactivate' ? { reason_id: reason ?? 'none', reason_info: reason === 'none' ? '' : 'as chosen' } : {};
  const sent = (payload: Payload) => ({ url, payload: asParsed(payload), sender: String(base.ip_address) });
  if (kind === 'tracking-skipped') return sent({ hash, previously_skipped: isSkipped ? 1 : 0, client: '2.0.4' });
  if (isNameless) return sent({ ...why, client: '1.2.3' });
  if (site.client === 'old') return sent({ ...oldReportOf(moment, url, hash), ...why });
  return sent({ ...reportOn(base, moment, world), tracking_skipped: isSkipped ? 1 : 0, ...why });
}

/** What it said when it began, and what has changed since. */
function reportOn(base: Payload, { site, day }: Moment, world: World): Payload {
  const [server, wp, users, plugins] = [
    part(base, 'server'),
    part(base, 'wp'),
    part(base, 'users'),
    part(base, 'plugins'),
  ];
  const had = { php: text(server.php_version), database: text(server.mysql_version), wordpress: text(wp.version) };
  const { php, database, wordpress } = platformOn(site, had, day);
  const months = Math.max(0, Math.floor((day - site.born) / 30));
  const subscribers = Number(users.subscriber) + months * (site.seed % 4);
  return {
    ...base,
    admin_email: site.owner,
    project_version: releaseOn(world, site, day).version,
    server: {
      ...server,
      php_version: php,
      mysql_version: database,
      ...(site.client === 'playground' && { software: 'PHP.wasm' }),
    },
    wp: { ...wp, version: wordpress },
    users: { ...users, total: Number(users.administrator) + subscribers, subscriber: subscribers },
    plugins: { ...plugins, ...(hasRival(site) && { [RIVAL]: { name: 'Instant Forms', version: '4.1' } }) },
  };
}

/** Clients before 1.1.12 said less when they left. */
function oldReportOf({ site, kind }: Moment, url: string, hash: string): Payload {
  const report = { ...oldReport(seededRandom(seedOf(site.seed, 42)), url, hash), admin_email: site.owner };
  if (kind === 'track') return report;
  const { users: _, active_plugins: __, inactive_plugins: ___, ...rest } = report as Payload;
  return { ...rest, user_email: site.owner };
}

function part(payload: Payload, key: string): Payload {
  const value = payload[key];
  return typeof value === 'object' ? value : {};
}

function text(value: FormValue | undefined): string {
  return typeof value === 'object' || value === undefined ? '' : String(value);
}

/** A form has no numbers, and no empty lists. */
function asParsed(payload: Payload): JsonObject {
  const parsed: JsonObject = {};
  for (const [key, value] of Object.entries(payload)) {
    if (typeof value !== 'object') parsed[key] = String(value);
    else if (Object.keys(value).length > 0) parsed[key] = asParsed(value);
  }
  return parsed;
}
