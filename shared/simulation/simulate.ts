import type { Kind } from '../event/object-name.ts';
import { urlMd5 } from '../report/site-id.ts';
import { encodeForm } from './form.ts';
import { type Random, seededRandom } from './random.ts';
import { currentReport, oldReport, type Payload, REASONS, TRADES, WORDS } from './report.ts';

/** A request as a plugin sends it. */
export interface ClientRequest {
  kind: Kind;
  headers: Record<string, string>;
  body: string;
}

export interface SimulationOptions {
  /** The same seed gives the same requests. */
  seed: number;
  /** How many sites. */
  sites: number;
  /** The project that they use. */
  projectHash: string;
}

/**
 * What a few hundred sites send in a week: most report, some leave, some decline, a few run old clients or on a laptop, and
 * some requests are strangers' or broken.
 */
export function simulate({ seed, sites, projectHash }: SimulationOptions): ClientRequest[] {
  const random = seededRandom(seed);
  return Array.from({ length: sites }, (_, index) => siteRequests(random, index, projectHash)).flat();
}

function siteRequests(random: Random, index: number, hash: string): ClientRequest[] {
  const url = siteUrl(random, index);
  if (random.chance(0.08)) return [request('tracking-skipped', url, { hash, previously_skipped: 0, client: '2.0.4' })];
  if (random.chance(0.02))
    return [request('track', url, { hash: '00000000-0000-4000-8000-000000000000', url, client: '2.0.4' })];
  if (random.chance(0.01)) return [request('track', url, { hash, url: 'not a url', client: '2.0.4' })];
  const report = random.chance(0.05) ? oldReport(random, url, hash) : currentReport(random, url, hash);
  const requests = [request('track', url, report)];
  if (random.chance(0.15)) {
    const reason = random.weighted(REASONS);
    requests.push(
      request('deactivate', url, { ...report, reason_id: reason, reason_info: reason === 'none' ? '' : 'as chosen' }),
    );
  }
  return requests;
}

function siteUrl(random: Random, index: number): string {
  const name = `${random.pick(WORDS)}-${random.pick(TRADES)}-${index}`;
  return random.weighted([
    [`https://${name}.example`, 70],
    [`https://www.${name}.example`, 15],
    [`http://${name}.example/blog`, 8],
    [`https://staging.${name}.example`, 4],
    [`http://${name}.local`, 3],
  ]);
}

function request(kind: Kind, url: string, payload: Payload): ClientRequest {
  return {
    kind,
    headers: { 'user-agent': `Appsero/${urlMd5(url)};`, 'content-type': 'application/x-www-form-urlencoded' },
    body: encodeForm(payload),
  };
}
