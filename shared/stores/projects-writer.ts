import type { Db } from 'mongodb';
import type { Project } from '../project/project.ts';
import { transient } from '../runtime/errors.ts';
import { applyIndexes } from './indexes.ts';
import { DUPLICATE_KEY } from './mongodb.ts';
import { asProject, type ProjectDocument } from './projects.ts';

/** Another project has this hash or slug. */
export class DuplicateProject extends Error {
  readonly field: 'hash' | 'slug';

  constructor(field: 'hash' | 'slug') {
    super(`another project has this ${field}`);
    this.name = 'DuplicateProject';
    this.field = field;
  }
}

/** The projects, as a person keeps them; nothing is cached. */
export interface ProjectsWriter {
  /** By slug. */
  list(): Promise<Project[]>;
  /** By hash, in any case, or by slug. */
  find(hashOrSlug: string): Promise<Project | undefined>;
  /** Throws DuplicateProject. */
  create(project: Project): Promise<void>;
  /** Changes these fields alone, and gives the whole. Throws DuplicateProject; undefined when there is no such project. */
  update(hash: string, change: Partial<Omit<Project, 'hash'>>): Promise<Project | undefined>;
}

export function openProjectsWriter(db: Db): ProjectsWriter {
  const projects = db.collection<ProjectDocument>('projects');
  return {
    list: () => transient('projects', async () => (await projects.find().sort({ slug: 1 }).toArray()).map(asProject)),
    find: (hashOrSlug) =>
      transient('projects', async () => {
        const document =
          (await projects.findOne({ _id: hashOrSlug.toLowerCase() })) ?? (await projects.findOne({ slug: hashOrSlug }));
        return document === null ? undefined : asProject(document);
      }),
    create: ({ hash, ...rest }) =>
      refusingDuplicates(async () => {
        // without its index nothing would keep two projects from one slug
        await applyIndexes(db);
        await projects.insertOne({ _id: hash, ...rest });
      }),
    update: (hash, change) =>
      refusingDuplicates(async () => {
        if (Object.keys(change).length > 0) await projects.updateOne({ _id: hash }, { $set: change });
        const document = await projects.findOne({ _id: hash });
        return document === null ? undefined : asProject(document);
      }),
  };
}

/** The index decides, so that of two who write at once one is refused. */
async function refusingDuplicates<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    const { code, keyPattern } = error as { code?: unknown; keyPattern?: Record<string, unknown> };
    if (code === DUPLICATE_KEY) throw new DuplicateProject(keyPattern?.slug === undefined ? 'hash' : 'slug');
    return transient('projects', () => Promise.reject(error));
  }
}
