import { addressKeysIn } from '../../../shared/report/email-address.ts';
import { keyOf } from '../../../shared/report/event-keys.ts';
import { hasText } from '../../../shared/stores/sites/deactivations.ts';
import { withoutOrphans } from '../../../shared/stores/sites/site-derived.ts';
import type { Clean } from '../../../shared/stores/sites/site-latest.ts';
import type { SiteDocument } from '../../../shared/stores/sites/sites.ts';

/** More than a document has. */
const MAX_ADDRESSES = 10_000;

/**
 * Takes out of other sites' documents what stands for a subject of which only the keys are known: that they are a copy of its
 * site, its md5s, and every text with its address.
 */
export function withoutNames(projectHash: string, keys: ReadonlySet<string>): Clean {
  const isEmail = (text: string) =>
    addressKeysIn(text, MAX_ADDRESSES).some((email) => keys.has(keyOf(projectHash, 'email', email)));
  const isMd5 = (md5: string) => keys.has(keyOf(projectHash, 'md5', md5));
  return (document) => {
    const { _id, project, site, ...rest } = document;
    const texts = withoutTexts(rest, isEmail) as Partial<SiteDocument>;
    const { cloneOf, urlMd5s, clock } = texts;
    const cleaned = {
      ...texts,
      ...(cloneOf && keys.has(keyOf(projectHash, 'site', cloneOf)) && { cloneOf: null }),
      ...(urlMd5s?.some(isMd5) && { urlMd5s: urlMd5s.filter((md5) => !isMd5(md5)) }),
      ...(clock?.otherMd5s?.some(([md5]) => isMd5(md5)) && {
        clock: { ...clock, otherMd5s: clock.otherMd5s.filter(([md5]) => !isMd5(md5)) },
      }),
    };
    if (isSame(cleaned, rest)) return document;
    const left = withoutOrphans({ _id, project, site, ...cleaned }) as typeof document;
    return 'hasText' in left ? { ...left, hasText: hasText(left) } : left;
  };
}

function isSame(one: Record<string, unknown>, other: Record<string, unknown>): boolean {
  const keys = Object.keys(other);
  return keys.length === Object.keys(one).length && keys.every((key) => one[key] === other[key]);
}

/** What MongoDB's documents always have, and may be null. */
const NULLABLE = new Set(['reasonId', 'reasonSent', 'reasonInfo']);

/** A value without the texts that are meant: a field of an object goes, an item of a list goes as a whole. Else the same value. */
function withoutTexts(value: unknown, isMeant: (text: string) => boolean): unknown {
  if (typeof value === 'string') return isMeant(value) ? undefined : value;
  if (Array.isArray(value)) {
    const kept = value.filter((item) => withoutTexts(item, isMeant) === item);
    return kept.length === value.length ? value : kept;
  }
  // dates and the like have no texts
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  const entries = Object.entries(value).flatMap(([key, child]): [string, unknown][] => {
    const kept = isMeant(key) ? undefined : withoutTexts(child, isMeant);
    if (kept !== undefined || child === undefined) return [[key, kept]];
    return NULLABLE.has(key) ? [[key, null]] : [];
  });
  const kept = Object.fromEntries(entries);
  return isSame(kept, value as Record<string, unknown>) ? value : kept;
}
