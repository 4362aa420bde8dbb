import { createHash } from 'node:crypto';
import { type StoredEvent, userAgentMd5 } from '../event/envelope.ts';
import { addressKeysIn } from './email-address.ts';
import { type Attribution, payloadHash } from './interpret.ts';
import { canonicalSite, urlMd5 } from './site-id.ts';

/** What an event says about who sent it, whatever became of it in the stores. */
export interface Traces {
  /** null: the payload names no project. */
  projectHash: string | null;
  /** Canonical; null without a usable url. */
  site: string | null;
  /** Canonical: what an unusable url speaks of. */
  namedSites: string[];
  /** By the User-Agent, else of the url. */
  urlMd5: string | null;
  /** Of whoever runs the site; see addressKey. */
  adminEmails: string[];
  /** Every address anywhere in it, those of the admin first; see addressKey. */
  emails: string[];
}

/** An event holds a text of a megabyte at most; one of nothing but addresses has more than anybody asks after. */
const MAX_EMAILS = 10_000;
const MAX_NAMED_SITES = 5;

export function tracesOf(event: StoredEvent): Traces {
  const { payload, userAgent } = event;
  const url = typeof payload.url === 'string' ? payload.url : null;
  const site = (url === null ? undefined : canonicalSite(url)) ?? null;
  // what a newer client or envelope has beside the known fields is of the same person
  const texts = textsOf(event).map((text) => addressKeysIn(text, MAX_EMAILS));
  const adminEmails = [payload.admin_email, payload.user_email].flatMap(textsOf).flatMap((text) => addressKeysIn(text));
  return {
    projectHash: payloadHash(payload),
    site,
    namedSites: site === null && url !== null ? sitesIn(url) : [],
    urlMd5: userAgentMd5(userAgent) ?? (url === null ? null : urlMd5(url)),
    adminEmails: [...new Set(adminEmails)],
    emails: [...new Set([...adminEmails, ...texts.flat()])].slice(0, MAX_EMAILS),
  };
}

/** Every text in a value, keys too: a plugin may write an address anywhere. */
function textsOf(value: unknown): string[] {
  const texts: string[] = [];
  // no recursion: a payload may be nested deeper than the stack is
  for (let waiting = [value]; waiting.length > 0; ) {
    const next: unknown[] = [];
    for (const one of waiting) {
      if (typeof one === 'string') texts.push(one);
      else if (typeof one === 'object' && one !== null) {
        if (!Array.isArray(one)) for (const key of Object.keys(one)) texts.push(key);
        for (const child of Object.values(one)) next.push(child);
      }
    }
    waiting = next;
  }
  return texts;
}

/** Begins where a run of letters does: to try each of them would take the square of its length. */
const HOST_AND_PATH =
  /(?<![\p{L}\p{N}\p{M}_-])[\p{L}\p{N}\p{M}_-]+(?:\.[\p{L}\p{N}\p{M}_-]+)+(?::\d{1,5})?(?:\/[^\s,;<>"'?#]*)?/gu;

function sitesIn(text: string): string[] {
  // the host of an address is no site
  const words = text.replace(/\S+/g, (word) => (/.@./s.test(word) ? ' ' : word));
  const found = [...words.matchAll(HOST_AND_PATH)].slice(0, MAX_NAMED_SITES);
  const sites = found.map(([place]) => canonicalSite(`http://${place}`)).filter((site) => site !== undefined);
  return [...new Set(sites)];
}

/** What a key stands for; `many`: an event with more keys than are kept. */
export type KeyKind = 'site' | 'md5' | 'email' | 'many';

/** Stands for the project of events that name none, or one that nobody here has. */
export const NO_PROJECT = '';

/** A name as a store that is not to know it may hold it: a digest that the project is part of. */
export function keyOf(projectHash: string, kind: KeyKind, name: string): string {
  return createHash('sha256').update(`${projectHash}\n${kind}\n${name}`, 'utf8').digest('hex');
}

/** What somebody, or something, goes by. */
export interface KeyNames {
  /** Canonical. */
  sites?: Iterable<string>;
  urlMd5s?: Iterable<string>;
  /** See addressKey. */
  emails?: Iterable<string>;
}

/** Each once. */
export function keysOf(projectHash: string, { sites = [], urlMd5s = [], emails = [] }: KeyNames): string[] {
  const keys = [
    ...[...sites].map((site) => keyOf(projectHash, 'site', site)),
    ...[...urlMd5s].map((md5) => keyOf(projectHash, 'md5', md5)),
    ...[...emails].map((email) => keyOf(projectHash, 'email', email)),
  ];
  return [...new Set(keys)];
}

/**
 * The keys under which an event is found by whom it is about: its site; without a usable one what its url speaks of and its
 * md5, which stands for nobody beside a url, since anybody's can be sent along; and every address in it.
 */
export function eventKeys(traces: Traces, { project, site: knownSite }: Attribution): string[] {
  const { site, namedSites, urlMd5: md5, emails } = traces;
  const sites = [site, knownSite, ...namedSites].filter((one) => typeof one === 'string');
  const urlMd5s = site === null && md5 !== null ? [md5] : [];
  return keysOf(project?.hash ?? NO_PROJECT, { sites, urlMd5s, emails });
}

const MAX_INDEXED = 30;

/** The keys that are kept of an event. What has too many is found by that, so that it is looked into for any address. */
export function indexedKeys(keys: string[], { project }: Attribution): string[] {
  if (keys.length <= MAX_INDEXED) return keys;
  return [...keys.slice(0, MAX_INDEXED - 1), keyOf(project?.hash ?? NO_PROJECT, 'many', '')];
}
