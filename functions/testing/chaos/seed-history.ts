import type { StoredEvent } from '../../../shared/event/envelope.ts';
import type { Kind } from '../../../shared/event/object-name.ts';
import type { Project } from '../../../shared/project/project.ts';
import { canonicalSite, siteSpellings, urlMd5 } from '../../../shared/report/site-id.ts';
import type { Random } from '../../../shared/simulation/random.ts';
import { type ErasureDocument, erasureKeys } from '../../../shared/stores/erasures.ts';
import { capturedEvent, TEST_PROJECT } from '../../../shared/testing/events.ts';
import type { Received } from '../../collect/receive.ts';
import type { Scope } from './outcome.ts';

/** A request that reaches collect at a moment, and the id that its event is to have. */
export interface SeedRequest {
  id: string;
  receivedAt: Date;
  received: Received;
  /** The object is cut short behind collect's back. */
  isCut: boolean;
}

/** What happens in a seed, all of it its own: its projects and sites, and an hour that no other seed has. */
export interface SeedHistory extends Scope {
  requests: SeedRequest[];
}

const FIRST_HOUR = Date.parse('2024-01-01T00:00:00.000Z');
const HOUR_MS = 3_600_000;
/** So that the hours end before now. */
const HOURS = 20_000;
const REQUESTS = [6, 14] as const;
/** Some arrive at the same moment. */
const PAUSES_MS = [0, 1, 40, 1000, 60_000] as const;

type Said = 'track' | 'deactivate' | 'bare' | 'skip' | 'stranger' | 'nowhere' | 'cut';
const SAID: readonly (readonly [Said, number])[] = [
  ['track', 45],
  ['deactivate', 15],
  ['bare', 15],
  ['skip', 15],
  ['stranger', 4],
  ['nowhere', 3],
  ['cut', 3],
];

interface Site {
  host: string;
  /** By place in the seed's projects. */
  projects: readonly number[];
  /** Its client can be 1.2.3, which names neither project nor site. */
  canBeBare: boolean;
  /** It never says anything else, so that nobody claims that. */
  isOnlyBare: boolean;
}

/** What a few sites of two projects send within an hour: reports, deactivations with and without hash, opt-outs, and what is rejected. */
export function seedHistory(seed: number, random: Random): SeedHistory {
  const hour = new Date(FIRST_HOUR + (seed % HOURS) * HOUR_MS);
  const projects = ['a', 'b'].map((letter) => seedProject(seed, letter));
  const sites = seedSites(seed);
  let at = hour.getTime();
  const requests = Array.from({ length: random.integer(...REQUESTS) }, (_, index): SeedRequest => {
    at += random.pick(PAUSES_MS);
    const said = random.weighted(SAID);
    const received = say(said, random.pick(sites), projects, random);
    // equal moments are told apart by the id, which is not in the order of arrival
    const id = `chaos-${seed}-${random.integer(100, 999)}-${index}`;
    return { id, receivedAt: new Date(at), received, isCut: said === 'cut' };
  });
  const erasedAt = new Date(hour.getTime() + random.integer(0, at - hour.getTime()));
  // done before anything arrives
  const receipts = random.chance(0.2) ? [receiptOf(seed, projects[0] as Project, sites[0] as Site, erasedAt)] : [];
  return { projects, requests, receipts, from: hour, until: new Date(hour.getTime() + HOUR_MS) };
}

function seedProject(seed: number, letter: string): Project {
  const mailIntegrations = letter === 'a' ? [{ provider: 'mailchimp' as const, list: 'news', enabled: true }] : [];
  const hash = `${letter.repeat(8)}-0000-4000-8000-${String(seed).padStart(12, '0')}`;
  return { ...TEST_PROJECT, hash, name: letter, slug: `${letter}-${seed}`, mailIntegrations };
}

function seedSites(seed: number): Site[] {
  const site = (name: string, projects: number[], canBeBare: boolean, isOnlyBare = false): Site => ({
    host: `${name}-${seed}.org`,
    projects,
    canBeBare,
    isOnlyBare,
  });
  // whose a bare deactivation of a site of two projects is hangs on which of them was known when it was read
  return [site('one', [0], true), site('two', [0, 1], false), site('three', [1], true), site('four', [], true, true)];
}

function say(said: Said, site: Site, projects: readonly Project[], random: Random): Received {
  const url = `${random.pick(['https://', 'http://www.'])}${site.host}${random.pick(['', '/', '?lang=de'])}`;
  const { hash } = random.pick(
    site.projects.length > 0 ? site.projects.map((one) => projects[one] as Project) : projects,
  );
  const md5 = random.chance(0.9) ? urlMd5(url) : urlMd5(`http://alias.${site.host}`);
  const userAgent = random.chance(0.95) ? `Appsero/${md5};` : 'WordPress/6.8';
  const varied = {
    url,
    hash,
    site: `Site ${random.integer(1, 9)}`,
    admin_email: `${random.pick(['owner', 'other', 'third'])}@${site.host}`,
    project_version: `1.${random.integer(0, 9)}`,
    plugins: random.chance(0.5)
      ? { woocommerce: { name: 'WooCommerce', version: `9.${random.integer(0, 9)}` } }
      : undefined,
    extra: random.chance(0.5) ? { plan: random.pick(['free', 'pro']) } : undefined,
  };
  const reason = {
    reason_id: random.pick(['too-slow', 'other', 'renamed']),
    reason_info: `why ${random.integer(1, 9)}`,
  };
  if (site.isOnlyBare || (said === 'bare' && site.canBeBare)) {
    return asReceived('deactivate', { ...reason, client: '1.2.0' }, userAgent);
  }
  if (said === 'skip') {
    return asReceived(
      'tracking-skipped',
      { hash, previously_skipped: random.integer(0, 1), client: '2.0.4' },
      userAgent,
    );
  }
  if (said === 'deactivate') return asReceived(said, capturedPayload(said, { ...varied, ...reason }), userAgent);
  const change = said === 'stranger' ? { hash: `nobody-${hash}` } : said === 'nowhere' ? { url: 'http://' } : {};
  return asReceived('track', capturedPayload('track', { ...varied, ...change }), userAgent);
}

function capturedPayload(kind: Kind, payload: Record<string, unknown>): StoredEvent['payload'] {
  return capturedEvent(kind, { payload }).payload;
}

function asReceived(kind: Kind, payload: object, userAgent: string): Received {
  const body = Buffer.from(JSON.stringify(payload));
  return { kind, body, userAgent, contentType: 'application/json', contentEncoding: null, senderAddress: null };
}

function receiptOf(seed: number, { hash }: Project, { host }: Site, erasedAt: Date): ErasureDocument {
  const site = canonicalSite(`http://${host}`) as string;
  const urlMd5s = [...siteSpellings(site).map(urlMd5), urlMd5(`http://alias.${host}`)];
  return {
    _id: `chaos-${seed}`,
    project: hash,
    keys: erasureKeys({ projectHash: hash, sites: [site], urlMd5s, unsharedMd5s: urlMd5s }),
    by: 'site',
    status: 'done',
    requestedAt: erasedAt,
    erasedAt,
    finishedAt: erasedAt,
    removed: { archive: 0, mongodb: {}, bigquery: {} },
    pending: null,
  };
}
