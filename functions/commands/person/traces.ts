import { type StoredEvent, userAgentMd5 } from '../../../shared/event/envelope.ts';
import { castText } from '../../../shared/report/cast.ts';
import { payloadHash } from '../../../shared/report/interpret.ts';
import { canonicalSite, urlMd5 } from '../../../shared/report/site-id.ts';

/** What an event of the archive says about who sent it, whatever became of it in the stores. */
export interface Traces {
  /** null: the payload names no project. */
  projectHash: string | null;
  /** Canonical; null without a usable url. */
  site: string | null;
  /** By the User-Agent, else of the url. */
  urlMd5: string | null;
  /** Every text that may be an address, in lower case. */
  emails: string[];
}

/** Whom an event may be from; sites and md5s grow as more of them becomes known. */
export interface Subject {
  projectHash: string;
  sites: ReadonlySet<string>;
  /** md5s that stand for these sites and no other of the project. */
  urlMd5s: ReadonlySet<string>;
  /** Those that stand for no site of another project either. */
  unsharedMd5s: ReadonlySet<string>;
  email: string | null;
}

export function tracesOf({ payload, userAgent }: StoredEvent): Traces {
  const url = typeof payload.url === 'string' ? payload.url : null;
  const emails = textsOf(payload)
    .filter((text) => text.includes('@'))
    .map((text) => castText(text, 320)?.toLowerCase())
    .filter((text) => text !== undefined);
  return {
    projectHash: payloadHash(payload),
    site: (url === null ? undefined : canonicalSite(url)) ?? null,
    urlMd5: userAgentMd5(userAgent) ?? (url === null ? null : urlMd5(url)),
    emails,
  };
}

/** Every text in a value: a plugin may write an address into any field. */
function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : [];
}

/**
 * Whether an event is the subject's. A url says it; an md5 only where there is no url, since anybody's can be sent along with
 * one, or no project, for functions attribute by it alone then; and an address wherever it stands.
 */
export function isOf({ projectHash, site, urlMd5: md5, emails }: Traces, subject: Subject): boolean {
  if (projectHash !== null && projectHash !== subject.projectHash) return false;
  if (subject.email !== null && emails.includes(subject.email)) return true;
  if (projectHash === null) return md5 !== null && subject.unsharedMd5s.has(md5);
  return site === null ? md5 !== null && subject.urlMd5s.has(md5) : subject.sites.has(site);
}
