import { type StoredEvent, userAgentMd5 } from '../event/envelope.ts';
import { eventAddresses } from '../report/country.ts';
import { type Attribution, payloadHash } from '../report/interpret.ts';
import { TransientError } from '../runtime/errors.ts';
import type { CountryOf } from './countries.ts';
import type { Projects } from './projects.ts';
import type { Sites } from './sites.ts';

export interface Sources {
  projects: Projects;
  sites: Pick<Sites, 'withMd5'>;
  countryOf: CountryOf;
  now: () => Date;
}

/** An event that is younger may have overtaken the first report of its site, here or in the other function that asks. */
const SETTLED_MS = 15_000;

/**
 * Whom an event is from, and from where: the project of its hash; without a hash (client 1.2.3's deactivations) the only
 * project that knows the User-Agent's md5, and the site it knows by it. Only what was known before the event counts. Rejects
 * with a TransientError while it is too early to say that nobody knows it.
 */
export async function attribute(event: StoredEvent, sources: Sources): Promise<Attribution> {
  const country = eventAddresses(event)
    .map(sources.countryOf)
    .find((code) => code !== null);
  return { ...(await attributeProject(event, sources)), ...(country && { country }) };
}

async function attributeProject(event: StoredEvent, stores: Sources): Promise<Attribution> {
  const hash = payloadHash(event.payload);
  if (hash !== null) return asAttribution(await stores.projects.find(hash));
  const urlMd5 = userAgentMd5(event.userAgent);
  if (urlMd5 === null) return {};
  const known = (await stores.sites.withMd5(urlMd5)).filter(
    ({ firstSeenAt }) => firstSeenAt.getTime() <= Date.parse(event.receivedAt),
  );
  if (known.length === 0 && stores.now().getTime() - Date.parse(event.receivedAt) < SETTLED_MS) {
    throw new TransientError('the site of this event may still be on its way', { cause: undefined });
  }
  const owners = new Set(known.map(({ project }) => project));
  const [site] = known;
  if (site === undefined || owners.size !== 1) return {};
  return { ...asAttribution(await stores.projects.find(site.project)), site: site.site };
}

function asAttribution(project: Attribution['project']): Attribution {
  return project === undefined ? {} : { project };
}
