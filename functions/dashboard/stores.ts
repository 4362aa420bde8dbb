import type { Db } from 'mongodb';
import type { ProjectsWriter } from '../../shared/stores/projects-writer.ts';
import { openProjectsWriter } from '../../shared/stores/projects-writer.ts';

/** What the routes read. */
export interface Stores {
  projects: Pick<ProjectsWriter, 'find' | 'list'>;
}

export function openStores(db: Db): Stores {
  return { projects: openProjectsWriter(db) };
}
