import type { MeAnswer } from '../api.ts';
import type { Answer, Call } from '../call.ts';
import { findGrants } from '../grants.ts';

export async function getMe(call: Call): Promise<Answer> {
  const { identity, isOperator } = call;
  const roles = (await findGrants(call)).map(({ project, role }) => ({ project: project.slug, role }));
  return { kind: 'fresh', body: { email: identity.email, isOperator, roles } satisfies MeAnswer };
}
