import type { Project } from '../../../shared/project/project.ts';
import type { ProjectsWriter } from '../../../shared/stores/projects-writer.ts';
import { CommandFailure, EXIT } from '../command-failure.ts';

/** Throws CommandFailure when there is none. */
export async function findProject(hashOrSlug: string, store: Pick<ProjectsWriter, 'find'>): Promise<Project> {
  const project = await store.find(hashOrSlug);
  if (project === undefined) throw new CommandFailure(EXIT.found, `no project has the hash or slug ${hashOrSlug}`);
  return project;
}
