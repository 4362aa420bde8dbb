import type { Answer } from '../call.ts';
import openapi from '../openapi.json' with { type: 'json' };

export async function getOpenapi(): Promise<Answer> {
  return { kind: 'fresh', body: openapi };
}
