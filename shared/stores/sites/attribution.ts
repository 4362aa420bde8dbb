import { type StoredEvent, userAgentMd5 } from '../../event/envelope.ts';
import { eventAddresses } from '../../report/country.ts';
import { type Attribution, isNameless, payloadHash } from '../../report/interpret.ts';
import type { CountryOf } from '../countries.ts';
import type { Projects } from '../projects.ts';
import type { KnownSite, Sites } from './sites.ts';

export interface Sources {
  projects: Projects;
  sites: Pick<Sites, 'withMd5'>;
  countryOf: CountryOf;
}

/**
 * Whom an event is from, and from where: the project of its hash; of a nameless one the only project that knows the
 * User-Agent's md5, which is anybody's to write, and the site it knows by it. Only what was known before the event counts.
 */
export async function attribute(event: StoredEvent, sources: Sources): Promise<Attribution> {
  const country = eventAddresses(event)
    .map(sources.countryOf)
    .find((code) => code !== null);
  return { ...(await attributeProject(event, sources)), ...(country && { country }) };
}

async function attributeProject(event: StoredEvent, { projects, sites }: Sources): Promise<Attribution> {
  const hash = payloadHash(event.payload);
  if (hash !== null) return asAttribution(await projects.find(hash));
  const urlMd5 = userAgentMd5(event.userAgent);
  if (urlMd5 === null || !isNameless(event)) return {};
  const site = onlyOwner(await sites.withMd5(urlMd5), event.receivedAt);
  return site === undefined ? {} : { ...asAttribution(await projects.find(site.project)), site: site.site };
}

/** Of the sites that go by one md5, the one that an event of `receivedAt` is from; undefined when no or several projects knew it. */
export function onlyOwner(sites: KnownSite[], receivedAt: string): KnownSite | undefined {
  const known = sites.filter(({ firstSeenAt }) => firstSeenAt.getTime() <= Date.parse(receivedAt));
  return new Set(known.map(({ project }) => project)).size === 1 ? known[0] : undefined;
}

function asAttribution(project: Attribution['project']): Attribution {
  return project === undefined ? {} : { project };
}
