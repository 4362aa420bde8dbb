/** Asks once for each key, and then gives the same for a while; what fails is asked for again. */
export function keepFor<T>(
  { forMs, most, now }: { forMs: number; most: number; now: () => Date },
  ask: (key: string) => Promise<T>,
): (key: string) => Promise<T> {
  const kept = new Map<string, { answer: Promise<T>; until: number }>();
  return (key) => {
    const known = kept.get(key);
    if (known !== undefined && known.until > now().getTime()) return known.answer;
    const answer = ask(key);
    kept.delete(key);
    if (kept.size >= most) kept.delete(kept.keys().next().value as string);
    kept.set(key, { answer, until: now().getTime() + forMs });
    answer.catch(() => kept.delete(key));
    return answer;
  };
}
