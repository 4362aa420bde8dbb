import type { Db } from 'mongodb';
import { DEFAULT_MAIL_CAP, type Project } from '../project/project.ts';
import { transient } from '../runtime/errors.ts';

/** The projects, as functions read them. */
export interface Projects {
  /** undefined when no project has this hash. */
  find(hash: string): Promise<Project | undefined>;
  /** All of them, not cached. */
  all(): Promise<Project[]>;
  /** Every key that some project allows of `extra`. */
  customFieldKeys(): Promise<string[]>;
}

/** How a project lies in MongoDB: its hash is the key. */
export type ProjectDocument = Omit<Project, 'hash' | Later> & Partial<Pick<Project, Later>> & { _id: string };
/** What earlier versions did not write. */
type Later = keyof typeof DEFAULTS;
const DEFAULTS = { mailCapPerHour: DEFAULT_MAIL_CAP, access: [], releases: [], advisories: [] };

/** So long an instance may work by what a project was. */
export const CACHE_MS = 30_000;
const MAX_CACHED = 1000;

/**
 * Opens the projects behind a cache of half a minute. Only what exists is cached: an unknown hash is asked for each time,
 * so that a new project works at once and nobody is refused by an old answer.
 */
export function openProjects(db: Db, { now = Date.now }: { now?: () => number } = {}): Projects {
  const cache = new Map<string, { project: Promise<Project | undefined>; until: number }>();
  const load = async (hash: string) => {
    const project = await transient('projects', () =>
      db.collection<ProjectDocument>('projects').findOne({ _id: hash }),
    ).then((document) => document && asProject(document));
    if (!project) cache.delete(hash);
    return project ?? undefined;
  };
  return {
    all: () =>
      transient('projects', async () =>
        (await db.collection<ProjectDocument>('projects').find().sort({ _id: 1 }).toArray()).map(asProject),
      ),
    customFieldKeys: () =>
      transient('projects', () => db.collection<ProjectDocument>('projects').distinct('customFields.key')),
    find(hash) {
      const cached = cache.get(hash);
      if (cached && cached.until > now()) return cached.project;
      const project = load(hash);
      if (cache.size >= MAX_CACHED) cache.delete(cache.keys().next().value as string);
      cache.set(hash, { project, until: now() + CACHE_MS });
      project.catch(() => cache.delete(hash));
      return project;
    },
  };
}

export function asProject({ _id, ...rest }: ProjectDocument): Project {
  return { hash: _id, ...DEFAULTS, ...rest };
}
