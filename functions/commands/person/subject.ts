import { keyOf, keysOf, NO_PROJECT, type Traces } from '../../../shared/report/event-keys.ts';

/** Whom an event may be about; sites and md5s grow as more of them becomes known. */
export interface Subject {
  projectHash: string;
  /** The hashes of the other projects that there are: what is theirs is another matter. */
  otherProjects: ReadonlySet<string>;
  sites: ReadonlySet<string>;
  /** md5s that stand for these sites and no other of the project. */
  urlMd5s: ReadonlySet<string>;
  /** Those that stand for no site of another project either. */
  unsharedMd5s: ReadonlySet<string>;
  /** See addressKey. */
  email: string | null;
}

/**
 * What an event is to a subject: its own, for it is from one of its sites; of another site whose admin has the address, as the
 * event says; or a mention, when it holds the address otherwise. What names no project here is judged like the project's: it is
 * nobody else's matter.
 *
 * A url says whose an event is; an md5 only where there is none, since anybody's can be sent along with one.
 */
export function relationTo(traces: Traces, subject: Subject): 'own' | 'admin' | 'mention' | undefined {
  const { projectHash, adminEmails, emails } = traces;
  const { email, otherProjects } = subject;
  if (projectHash !== null && otherProjects.has(projectHash)) return undefined;
  if (isOfSites(traces, subject)) return 'own';
  if (email === null || !emails.includes(email)) return undefined;
  return adminEmails.includes(email) ? 'admin' : 'mention';
}

function isOfSites({ projectHash, site, namedSites, urlMd5: md5 }: Traces, subject: Subject): boolean {
  if (site !== null) return subject.sites.has(site);
  const md5s = projectHash === subject.projectHash ? subject.urlMd5s : subject.unsharedMd5s;
  return namedSites.some((named) => subject.sites.has(named)) || (md5 !== null && md5s.has(md5));
}

/** The keys under which a subject's events are found. */
export interface SubjectKeys {
  /** Those that are given to nobody else's events of the project. */
  proving: ReadonlySet<string>;
  /** Of events that name no project here, when they were indexed. */
  withoutProject: ReadonlySet<string>;
  /** Of events that may hold the address as well. */
  possible: ReadonlySet<string>;
}

export function keysOfSubject({ projectHash, sites, urlMd5s, unsharedMd5s, email }: Subject): SubjectKeys {
  const names = { sites, emails: email === null ? [] : [email] };
  return {
    proving: new Set(keysOf(projectHash, { ...names, urlMd5s })),
    withoutProject: new Set(keysOf(NO_PROJECT, { ...names, urlMd5s: unsharedMd5s })),
    possible: new Set(email === null ? [] : [projectHash, NO_PROJECT].map((scope) => keyOf(scope, 'many', ''))),
  };
}
