import type { Db } from 'mongodb';
import { transient } from '../../runtime/errors.ts';
import type { SiteDocument } from './sites.ts';

/** Who a site's admin is, by its last report with consent; nobody while the site is opted out. */
export interface Contact {
  email: string | null;
  firstName: string | null;
  lastName: string | null;
}

export interface Contacts {
  /** By the sites' keys; a site that is not there is left out. */
  of(ids: readonly string[]): Promise<Map<string, Contact>>;
}

const FIELDS = ['_id', 'optedOut', 'adminEmail', 'firstName', 'lastName'] as const satisfies (keyof SiteDocument)[];

export function openContacts(db: Db): Contacts {
  const sites = db.collection<SiteDocument>('sites');
  const projection = Object.fromEntries(FIELDS.map((name) => [name, 1]));
  return {
    of: (ids) =>
      transient('sites', async () => {
        const found = sites
          .find({ _id: { $in: [...ids] } })
          .project<Pick<SiteDocument, (typeof FIELDS)[number]>>(projection);
        return new Map((await found.toArray()).map((site) => [site._id, contactOf(site)]));
      }),
  };
}

function contactOf(site: Pick<SiteDocument, (typeof FIELDS)[number]>): Contact {
  if (site.optedOut) return { email: null, firstName: null, lastName: null };
  const { adminEmail = null, firstName = null, lastName = null } = site;
  return { email: adminEmail, firstName, lastName };
}
