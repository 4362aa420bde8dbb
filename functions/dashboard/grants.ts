import type { Project, Role } from '../../shared/project/project.ts';
import type { Call } from './call.ts';

/** A project, and what the caller may see of it. */
export interface Grant {
  project: Project;
  role: Role;
}

/** undefined: there is no such project, or the caller has no role in it; nobody can tell which. */
export async function findGrant(
  { stores, ...caller }: Pick<Call, 'stores' | 'identity' | 'isOperator'>,
  slug: string,
): Promise<Grant | undefined> {
  const project = await stores.projects.find(slug);
  return project && grantOf(project, caller);
}

/** All that the caller has a role in, by slug. */
export async function findGrants({
  stores,
  ...caller
}: Pick<Call, 'stores' | 'identity' | 'isOperator'>): Promise<Grant[]> {
  return (await stores.projects.list()).flatMap((project) => grantOf(project, caller) ?? []);
}

function grantOf(project: Project, { identity, isOperator }: Pick<Call, 'identity' | 'isOperator'>): Grant | undefined {
  if (isOperator) return { project, role: 'owner' };
  const role = project.access.find(({ email }) => email === identity.email)?.role;
  return role && { project, role };
}
