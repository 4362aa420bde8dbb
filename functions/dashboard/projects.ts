import type { ProjectAnswer } from './api.ts';
import type { Answer, Call, ProjectCall } from './call.ts';
import { findGrants, type Grant } from './grants.ts';

export async function getProjects(call: Call): Promise<Answer> {
  const grants = await findGrants(call);
  return { kind: 'fresh', body: { projects: grants.map((grant) => ({ ...projectAnswer(grant), active: null })) } };
}

export async function getProject(call: ProjectCall): Promise<Answer> {
  return { kind: 'fresh', body: projectAnswer(call) };
}

function projectAnswer({ project, role }: Grant): ProjectAnswer {
  const { slug, name, type, hash, archived, customFields, reasons } = project;
  return {
    slug,
    name,
    type,
    hash,
    role,
    archived,
    customFields: customFields.map(({ key, label }) => ({ key, label, filterable: false })),
    reasons,
  };
}
