import type { MeAnswer } from './api.ts';
import type { Answer, Call } from './call.ts';
import { readQuery } from './read-query.ts';

class NoQuery {}

export async function getMe({ identity, isOperator, query }: Call): Promise<Answer> {
  readQuery(NoQuery, query);
  return { kind: 'fresh', body: { email: identity.email, isOperator } satisfies MeAnswer };
}
