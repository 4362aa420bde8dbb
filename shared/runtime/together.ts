/** Waits for all, so that nothing goes on once one has failed; then throws the first failure. */
export async function together<T extends unknown[]>(...all: { [I in keyof T]: Promise<T[I]> }): Promise<T> {
  await Promise.allSettled(all);
  return Promise.all(all) as Promise<T>;
}
