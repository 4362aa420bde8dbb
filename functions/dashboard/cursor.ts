import { createHash } from 'node:crypto';
import type { Position } from '../../shared/stores/sites/list-page.ts';
import type { ProjectCall } from './call.ts';
import { type RequestProblem, refusal } from './problem.ts';

/** Of which list a cursor is: its path, project, and every parameter that says what is in it, and in which order. */
function listOf({ project, query }: Pick<ProjectCall, 'project' | 'query'>, resource: string): string {
  const filters = [...query].filter(([name]) => !['cursor', 'limit', 'format'].includes(name)).sort();
  return JSON.stringify([resource, project.hash, filters]);
}

function digestOf(list: string, position: string): string {
  return createHash('sha256').update(list).update('\0').update(position).digest('base64url').slice(0, 22);
}

/** Where a page ended, for who asks for the next one. */
export function writeCursor(
  call: Pick<ProjectCall, 'project' | 'query'>,
  resource: string,
  position: Position,
): string {
  const values = JSON.stringify(position.map((value) => (value instanceof Date ? { at: value.getTime() } : value)));
  return Buffer.from(`${digestOf(listOf(call, resource), values)}${values}`).toString('base64url');
}

const DIGEST_LENGTH = 22;

/** Throws a RequestProblem for one that is of another list, or that nobody was given. Whoever uses it checks its bounds. */
export function readCursor(
  call: Pick<ProjectCall, 'project' | 'query'>,
  resource: string,
  cursor: string | undefined,
): Position | undefined {
  if (cursor === undefined) return undefined;
  const text = Buffer.from(cursor, 'base64url').toString();
  const [digest, values] = [text.slice(0, DIGEST_LENGTH), text.slice(DIGEST_LENGTH)];
  if (digest !== digestOf(listOf(call, resource), values)) throw notOfThisList();
  return positionOf(values);
}

function positionOf(values: string): Position {
  try {
    return (JSON.parse(values) as unknown[]).map((value) => {
      if (typeof value === 'string' || typeof value === 'number') return value;
      const at = new Date((value as { at: number }).at);
      if (Number.isNaN(at.getTime())) throw notOfThisList();
      return at;
    });
  } catch {
    throw notOfThisList();
  }
}

export function notOfThisList(): RequestProblem {
  return refusal('cursor', 'is not one of this list');
}
