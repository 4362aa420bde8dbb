/** Works on the items of a stream, `limit` of them at once. Rejects with the first failure, once nothing is under way. */
export async function concurrently<T>(
  items: AsyncIterable<T> | Iterable<T>,
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const underWay = new Set<Promise<void>>();
  let failure: { error: unknown } | undefined;
  for await (const item of items) {
    const running: Promise<void> = work(item)
      .catch((error) => {
        failure ??= { error };
      })
      .finally(() => underWay.delete(running));
    underWay.add(running);
    if (underWay.size >= limit) await Promise.race(underWay);
    if (failure !== undefined) break;
  }
  await Promise.all(underWay);
  if (failure !== undefined) throw failure.error;
}
