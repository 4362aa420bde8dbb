import type { Contact } from '../../../shared/stores/sites/contacts.ts';
import { driverOf, type SiteFilter, type SiteRow } from '../../../shared/stores/sites/site-lists.ts';
import type { SiteItem } from '../api.ts';
import type { Answer, ProjectCall } from '../call.ts';
import { type Column, exportFile } from '../export.ts';
import { pageAnswer, pagesOf } from '../list.ts';
import { refusal } from '../problem.ts';
import { siteId } from '../site-id.ts';
import { type SitesQuery, siteFilter } from './sites-query.ts';

const RESOURCE = 'sites';

export async function getSites(call: ProjectCall, query: SitesQuery): Promise<Answer> {
  const { project, stores } = call;
  checkRole(call, query);
  const filter = siteFilter(query, project);
  const reverse = isReverse(query, filter, call);
  const read = (request: Parameters<typeof stores.siteLists.page>[2]) =>
    stores.siteLists.page(project, filter, request);
  const { format, include } = query;
  if (format === undefined) {
    if (include !== undefined) throw refusal('include', 'is of files only: give a format');
    return pageAnswer(call, query, { resource: RESOURCE, read, reverse, item: siteItem });
  }
  if (query.cursor !== undefined) throw refusal('cursor', 'is of pages: a file is of the whole list');
  const pages = pagesOf({ read, reverse });
  if (include === undefined) return exportFile(call, { resource: RESOURCE, format, columns: COLUMNS, pages });
  return exportFile(call, {
    resource: `${RESOURCE}-contacts`,
    format,
    columns: [...COLUMNS, ...CONTACT_COLUMNS],
    pages: withContacts(call, pages),
  });
}

function checkRole({ role }: ProjectCall, { email, include }: SitesQuery): void {
  if (role === 'owner') return;
  if (email !== undefined) throw refusal('email', 'is for owners');
  if (include !== undefined) throw refusal('include', 'is for owners');
}

/** How an order is called, by the first field that it goes by. */
const ORDERS: Record<string, string> = {
  _id: 'site',
  siteReversed: 'domain',
  lastSeenAt: 'lastSeen',
  versionKey: 'version',
  phpKey: 'php',
  wpKey: 'wordpress',
  databaseKey: 'database',
};

function isReverse({ sort }: SitesQuery, filter: SiteFilter, { project }: ProjectCall): boolean {
  if (sort === undefined) return false;
  const [[field, direction]] = driverOf(project, filter).order as [[string, 1 | -1]];
  const name = ORDERS[field] as string;
  const natural = direction === 1 ? name : `-${name}`;
  const reversed = direction === 1 ? `-${name}` : name;
  if (sort !== natural && sort !== reversed) throw refusal('sort', `of this list is ${natural} or ${reversed}`);
  return sort === reversed;
}

export function siteItem(site: SiteRow): SiteItem {
  return {
    id: siteId(site.site),
    site: site.site,
    name: site.name ?? null,
    state: site.state,
    environment: site.environment,
    copyOf: site.cloneOf ?? null,
    firstSeenAt: site.firstSeenAt.toISOString(),
    lastSeenAt: site.lastSeenAt.toISOString(),
    version: site.projectVersion ?? null,
    php: site.phpVersion ?? site.phpMinor ?? null,
    wordpress: site.wpVersion ?? site.wpMinor ?? null,
    database: site.database ?? null,
    country: site.country ?? null,
    theme: site.themeSlug ?? null,
  };
}

const EXPORTED = [
  ...(['site', 'name', 'state', 'environment', 'copyOf', 'firstSeenAt', 'lastSeenAt'] as const),
  ...(['version', 'php', 'wordpress', 'database', 'country', 'theme'] as const),
] satisfies (keyof SiteItem)[];
const COLUMNS: Column<SiteRow>[] = EXPORTED.map((name) => ({ name, value: (row) => siteItem(row)[name] }));

type WithContact = SiteRow & { contact: Contact | undefined };
const CONTACT_COLUMNS: Column<WithContact>[] = (['email', 'firstName', 'lastName'] as const).map((name) => ({
  name,
  value: ({ contact }) => contact?.[name] ?? null,
}));

async function* withContacts(
  { stores }: ProjectCall,
  pages: AsyncIterable<readonly SiteRow[]>,
): AsyncGenerator<WithContact[]> {
  for await (const page of pages) {
    const contacts = await stores.contacts.of(page.map(({ _id }) => _id));
    yield page.map((row) => ({ ...row, contact: contacts.get(row._id) }));
  }
}
