import type { Db } from 'mongodb';
import type { UnclaimedDeactivation } from '../../report/interpret.ts';
import { transient } from '../../runtime/errors.ts';
import { groupQuestions } from '../group-commit.ts';
import { DUPLICATE_KEY } from '../mongodb.ts';

/** A deactivation that waits for its site to appear. */
export interface UnclaimedDocument {
  /** The event's id. */
  _id: string;
  receivedAt: Date;
  urlMd5: string;
  /** When it was first met, or last left by a sweep. */
  waitingSince: Date;
}

/** The deactivations that name neither project nor site, kept by md5: they can come before the site's first report. */
export interface Unclaimed {
  /** Writes it unless it is there. */
  put(deactivation: UnclaimedDeactivation, waitingSince: Date): Promise<void>;
  /** What waits under any of these names and came at that moment or later, oldest first. */
  withMd5s(urlMd5s: readonly string[], from: Date): Promise<UnclaimedDeactivation[]>;
  /** What has been waiting since then or longer, longest first; as many as there are or may be, a batch at a time. */
  waitingSince(since: Date, limit?: number): AsyncIterable<UnclaimedDeactivation>;
  /** Has these wait anew, behind all others. */
  postpone(eventIds: string[], waitingSince: Date): Promise<void>;
  /** undefined when this event does not wait. */
  find(eventId: string): Promise<UnclaimedDeactivation | undefined>;
  /** Which of these events wait. */
  isWaiting(eventIds: string[]): Promise<Set<string>>;
  remove(...eventIds: string[]): Promise<void>;
}

/** Of one site's names at once: an md5 is anybody's to write. What is left comes with the site's next event. */
const MAX_FOUND = 100;

/** In one question. */
const MAX_MD5S = 5000;

interface Question {
  urlMd5s: readonly string[];
  from: Date;
}

export function openUnclaimed(db: Db): Unclaimed {
  const unclaimed = db.collection<UnclaimedDocument>('unclaimed');
  const asDeactivation = ({ _id, receivedAt, urlMd5 }: UnclaimedDocument): UnclaimedDeactivation => ({
    eventId: _id,
    receivedAt: receivedAt.toISOString(),
    urlMd5,
  });
  const someWait = async (urlMd5s: readonly string[]) =>
    (await unclaimed.findOne({ urlMd5: { $in: [...urlMd5s] } }, { projection: { _id: 1 } })) !== null;
  const withMd5s = async ({ urlMd5s, from }: Question) => {
    const filter = { urlMd5: { $in: [...urlMd5s] }, receivedAt: { $gte: from } };
    const found = await unclaimed.find(filter).sort({ receivedAt: 1 }).limit(MAX_FOUND).toArray();
    return found.map(asDeactivation);
  };
  const find = groupQuestions<Question, UnclaimedDeactivation[]>(
    async (questions) => {
      // next to nothing waits: only where something does each is asked after alone
      const isNone = questions.length > 1 && !(await someWait(questions.flatMap(({ urlMd5s }) => urlMd5s)));
      return isNone ? questions.map(() => []) : Promise.all(questions.map(withMd5s));
    },
    { maxSize: MAX_MD5S, sizeOf: ({ urlMd5s }) => urlMd5s.length },
  );
  return {
    put: ({ eventId, receivedAt, urlMd5 }, waitingSince) =>
      transient('unclaimed', async () => {
        const document = { _id: eventId, receivedAt: new Date(receivedAt), urlMd5, waitingSince };
        await unclaimed.insertOne(document).catch((error) => {
          if (error.code !== DUPLICATE_KEY) throw error;
        });
      }),
    withMd5s: (urlMd5s, from) => transient('unclaimed', () => find({ urlMd5s, from })),
    async *waitingSince(since, limit = 0) {
      // to MongoDB no limit is 0
      const waiting = unclaimed
        .find({ waitingSince: { $lte: since } })
        .sort({ waitingSince: 1 })
        .limit(limit);
      for await (const document of waiting) yield asDeactivation(document);
    },
    postpone: (eventIds, waitingSince) =>
      transient('unclaimed', async () => {
        if (eventIds.length > 0) await unclaimed.updateMany({ _id: { $in: eventIds } }, { $set: { waitingSince } });
      }),
    find: (eventId) =>
      transient('unclaimed', async () => {
        const found = await unclaimed.findOne({ _id: eventId });
        return found === null ? undefined : asDeactivation(found);
      }),
    isWaiting: (eventIds) =>
      transient('unclaimed', async () => {
        const found = unclaimed.find({ _id: { $in: eventIds } }).project<{ _id: string }>({ _id: 1 });
        return new Set((await found.toArray()).map(({ _id }) => _id));
      }),
    remove: (...eventIds) =>
      transient('unclaimed', async () => {
        if (eventIds.length > 0) await unclaimed.deleteMany({ _id: { $in: eventIds } });
      }),
  };
}
