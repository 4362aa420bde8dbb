import type { RetentionAnswer } from '../api.ts';
import type { Answer, ProjectCall } from '../call.ts';
import { figuresAnswer, figuresOf, made, ofGeneration } from '../figures-of.ts';

export async function getRetention(call: ProjectCall): Promise<Answer> {
  const { analytics, figures } = await figuresOf(call, { figures: ['retention'] });
  const { ages, cohorts } = made(figures, 'retention');
  return figuresAnswer<RetentionAnswer>({ ...ofGeneration(analytics), ages, cohorts });
}
