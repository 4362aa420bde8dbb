import { invalidArgument } from './errors.ts';

/** What a subscription's topic is called after its topic was deleted. */
export const DELETED_TOPIC = '_deleted-topic_';

const RESOURCE = /^projects\/([^/]+)\/(topics|subscriptions)\/([A-Za-z][\w.~+%-]{2,254})$/;

/** The name, when it is the full name of a topic (or subscription) by the service's rules; else INVALID_ARGUMENT. */
export function checkName(name: string | undefined, collection: 'topics' | 'subscriptions'): string {
  const found = RESOURCE.exec(name ?? '');
  if (found?.[2] !== collection || found[3]?.startsWith('goog')) {
    throw invalidArgument(`Invalid [${collection}] name: (name=${name ?? ''})`);
  }
  return found[0];
}

/** `id` of `projects/P/topics/id`. */
export const idOf = (name: string): string => name.slice(name.lastIndexOf('/') + 1);

/** `P` of `projects/P/topics/id`. */
export const projectOf = (name: string): string => name.split('/')[1] ?? '';

/** One page of the resources of a project, or of names, in the order of their names. */
export function page<T>(
  items: Iterable<T>,
  nameOf: (item: T) => string,
  { pageSize = 0, pageToken = '' }: { pageSize?: number; pageToken?: string },
): { items: T[]; nextPageToken: string } {
  if (pageSize < 0)
    throw invalidArgument(`The value for page_size is too small. You passed ${pageSize} in the request.`);
  const sorted = [...items].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  const rest = sorted.filter((item) => nameOf(item) > pageToken);
  const size = pageSize === 0 ? DEFAULT_PAGE_SIZE : Math.min(pageSize, MAX_PAGE_SIZE);
  const last = rest[size - 1];
  return { items: rest.slice(0, size), nextPageToken: last !== undefined && rest.length > size ? nameOf(last) : '' };
}

const DEFAULT_PAGE_SIZE = 100;
const MAX_PAGE_SIZE = 1000;
