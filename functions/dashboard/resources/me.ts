import type { MeAnswer } from '../api.ts';
import type { Answer, Call } from '../call.ts';

export async function getMe({ identity, isOperator }: Call): Promise<Answer> {
  return { kind: 'fresh', body: { email: identity.email, isOperator } satisfies MeAnswer };
}
