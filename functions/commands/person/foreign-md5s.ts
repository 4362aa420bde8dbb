import { parseObjectName } from '../../../shared/event/object-name.ts';
import { keyOf, NO_PROJECT, type Traces } from '../../../shared/report/event-keys.ts';
import type { KeyedObject } from '../../../shared/stores/history/event-keys.ts';

/** What tells whose an md5 was first. */
export interface Md5Sources {
  projectHash: string;
  /** Canonical: those that sent the md5s along. */
  sites: ReadonlySet<string>;
  traces: ReadonlyMap<string, Traces | null>;
  /** With what the md5s' own keys found. */
  found: readonly KeyedObject[];
}

/**
 * Of md5s that sites sent along and that are of no spelling of their urls those that had been seen before, in an event without a
 * url: somebody else's opt-out, it may be, whose md5 anybody can send along afterwards.
 */
export function foreignMd5s(urlMd5s: readonly string[], sources: Md5Sources): Set<string> {
  const { projectHash, sites, traces, found } = sources;
  const times = new Map(found.map(({ object, receivedAt }) => [object, Date.parse(receivedAt)]));
  const timeOf = (object: string) => times.get(object) ?? parseObjectName(object)?.hour.getTime() ?? 0;
  const [seen, sent] = [new Map<string, number>(), new Map<string, number>()];
  const note = (first: Map<string, number>, md5: string, object: string) =>
    first.set(md5, Math.min(first.get(md5) ?? Number.POSITIVE_INFINITY, timeOf(object)));
  const scopes = [projectHash, NO_PROJECT];
  const md5OfKey = new Map(urlMd5s.flatMap((md5) => scopes.map((scope) => [keyOf(scope, 'md5', md5), md5])));
  for (const { object, key } of found) {
    const md5 = md5OfKey.get(key);
    if (md5 !== undefined) note(seen, md5, object);
  }
  for (const [object, one] of traces) {
    if (one === null || one.urlMd5 === null || (one.projectHash ?? projectHash) !== projectHash) continue;
    if (one.site === null) note(seen, one.urlMd5, object);
    else if (sites.has(one.site)) note(sent, one.urlMd5, object);
  }
  return new Set(urlMd5s.filter((md5) => (seen.get(md5) ?? Number.POSITIVE_INFINITY) < (sent.get(md5) ?? 0)));
}
