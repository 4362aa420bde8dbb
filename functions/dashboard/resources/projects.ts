import type { ProjectAnswer, ProjectsAnswer } from '../api.ts';
import type { Answer, Call, ProjectCall } from '../call.ts';
import { findGrants, type Grant } from '../grants.ts';

export async function getProjects(call: Call): Promise<Answer> {
  const projects = (await findGrants(call)).map(async (grant) => {
    const overview = await call.stores.figures.overview(grant.project.hash);
    return { ...projectAnswer(grant), active: overview?.active ?? null };
  });
  return { kind: 'fresh', body: { projects: await Promise.all(projects) } satisfies ProjectsAnswer };
}

export async function getProject(call: ProjectCall): Promise<Answer> {
  return { kind: 'fresh', body: projectAnswer(call) };
}

function projectAnswer({ project, role }: Grant): ProjectAnswer {
  const { slug, name, type, hash, archived, customFields, reasons } = project;
  const fields = customFields.map(({ key, label, filterable = false }) => ({ key, label, filterable }));
  return { ...{ slug, name, type, hash, role, archived, reasons }, customFields: fields };
}
