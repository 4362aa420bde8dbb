/** The newest rebuild that an answer of a project came from: panels of older ones ask again, so that one page agrees. */
const newest = new Map<string, number>();
const listeners = new Set<() => void>();

const PROJECT = /^\/api\/v1\/projects\/[^/?]+/;

const projectOf = (href: string): string => PROJECT.exec(href)?.[0] ?? '';

export function newestGeneration(href: string): number {
  return newest.get(projectOf(href)) ?? 0;
}

export function noteGeneration(href: string, generation: number): void {
  if (generation <= newestGeneration(href)) return;
  newest.set(projectOf(href), generation);
  for (const tell of listeners) tell();
}

/** Gives what ends it. */
export function onGeneration(tell: () => void): () => void {
  listeners.add(tell);
  return () => listeners.delete(tell);
}

/** undefined for an answer that is of no rebuild. */
export function generationOf(data: unknown): number | undefined {
  if (typeof data !== 'object' || data === null || !('generation' in data)) return undefined;
  return typeof data.generation === 'number' ? data.generation : undefined;
}
