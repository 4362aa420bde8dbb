/** One thing as it should be, and as it was found; both in words that are the same when nothing is wrong. */
export interface Check {
  what: string;
  expected: string;
  actual: string;
}

/** Whether something is there at all. */
export function presence(what: string, there: boolean): Check {
  return { what, expected: 'there', actual: there ? 'there' : 'missing' };
}

export function differs({ expected, actual }: Check): boolean {
  return expected !== actual;
}

/** One request's answer must be here by then, where a client library can be told so. */
export const ANSWER_MS = 5000;
/** All of a store's. */
const ANSWERS_MS = 10_000;

/** The checks of one store; a single one that differs when the store cannot be read, or says nothing for too long. */
export async function checksOf(
  store: string,
  work: () => Promise<Check[]>,
  answersMs: number = ANSWERS_MS,
): Promise<Check[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${answersMs / 1000} s`)), answersMs);
  });
  try {
    return await Promise.race([work(), late]);
  } catch (error) {
    return [{ what: store, expected: 'can be read', actual: `cannot be read: ${reasonOf(error)}` }];
  } finally {
    clearTimeout(timer);
  }
}

const MAX_REASON = 200;

/** A client library's own words: nobody's data is worked on here. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause instanceof Error) return reasonOf(error.cause);
  const [line = ''] = error.message.split('\n');
  return line === '' ? error.name : line.slice(0, MAX_REASON);
}

/** What a request gives; undefined when the service says that there is no such thing, by one of these codes. */
export async function unlessMissing<T>(asked: Promise<T>, ...codes: number[]): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (codes.includes((error as { code?: number }).code ?? Number.NaN)) return undefined;
    throw error;
  }
}
