import { keyOf } from '../../../shared/report/event-keys.ts';
import type { EventKeys, KeyedObject } from '../../../shared/stores/history/event-keys.ts';
import type { ReadTraces } from './read-traces.ts';
import type { EventsOfSites } from './refold-site.ts';

/** What the index was asked for, each key once, and the objects that it told, which are read. */
export interface Lookup {
  found: readonly KeyedObject[];
  ask(keys: string[]): Promise<void>;
}

/** `until`: what was received until then. */
export function openLookup(eventKeys: Pick<EventKeys, 'find'>, traces: ReadTraces, until: Date): Lookup {
  const asked = new Set<string>();
  const found: KeyedObject[] = [];
  return {
    found,
    ask: async (keys) => {
      const unasked = [...new Set(keys)].filter((key) => !asked.has(key));
      for (const key of unasked) asked.add(key);
      for (const one of await eventKeys.find(unasked, until)) found.push(one);
      await traces.read(found.map(({ object }) => object));
    },
  };
}

/** What the index has of sites of a project now. */
export async function indexedOf(
  projectHash: string,
  sites: string[],
  eventKeys: Pick<EventKeys, 'find'>,
): Promise<EventsOfSites> {
  const siteOf = new Map(sites.map((site) => [keyOf(projectHash, 'site', site), site]));
  const events = new Map(sites.map((site): [string, string[]] => [site, []]));
  for (const { key, object } of await eventKeys.find([...siteOf.keys()], new Date())) {
    events.get(siteOf.get(key) as string)?.push(object);
  }
  return events;
}
