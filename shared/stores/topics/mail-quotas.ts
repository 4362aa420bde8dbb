import type { Db } from 'mongodb';
import type { Project } from '../../project/project.ts';
import { transient } from '../../runtime/errors.ts';
import { groupQuestions } from '../group-commit.ts';
import { DUPLICATE_KEY } from '../mongodb.ts';

/** How many requests a project made to its mail lists in an hour. MongoDB drops it a day later. */
export interface MailQuotaDocument {
  /** `<project hash>:<hour>`, the hour as `2026-03-09T07`. */
  _id: string;
  /** Its beginning. */
  hour: Date;
  count: number;
}

/** What projects may ask of their mail lists. */
export interface MailQuotas {
  /** Takes one request of the hour; false, and nothing taken, when the project's cap is reached. However many take at once. */
  take(project: Pick<Project, 'hash' | 'mailCapPerHour'>, now: Date): Promise<boolean>;
}

const HOUR_MS = 3_600_000;
/** Requests of one call. */
const MAX_TAKEN = 500;

interface Taker {
  /** Of the hour's document. */
  id: string;
  hour: Date;
  cap: number;
}

export function openMailQuotas(db: Db): MailQuotas {
  const quotas = db.collection<MailQuotaDocument>('mailQuotas');
  const tryTake = ({ id, hour, cap }: Taker, count = 1) =>
    quotas
      .updateOne(
        { _id: id, count: { $lte: cap - count } },
        { $inc: { count }, $setOnInsert: { hour } },
        { upsert: true },
      )
      .then(
        () => true,
        (error) => {
          if (error.code === DUPLICATE_KEY) return false;
          throw error;
        },
      );
  // an upsert meets a key when the cap is reached, and when another one made the hour at the same moment; once it is
  // there, only the first of these is left
  const takeOne = async (taker: Taker) => (await tryTake(taker)) || tryTake(taker);
  const takeAll = async (takers: Taker[]): Promise<boolean[]> => {
    const [first] = takers as [Taker];
    const cap = Math.min(...takers.map((taker) => taker.cap));
    const isTaken = takers.length <= cap && (await tryTake({ ...first, cap }, takers.length));
    return isTaken ? takers.map(() => true) : Promise.all(takers.map(takeOne));
  };
  const take = groupQuestions<Taker, boolean>(
    async (takers) => {
      const taken = new Map<Taker, boolean>();
      for (const id of new Set(takers.map((taker) => taker.id))) {
        const same = takers.filter((taker) => taker.id === id);
        for (const [index, isTaken] of (await takeAll(same)).entries()) taken.set(same[index] as Taker, isTaken);
      }
      return takers.map((taker) => taken.get(taker) === true);
    },
    { maxSize: MAX_TAKEN, sizeOf: () => 1 },
  );
  return {
    take: ({ hash, mailCapPerHour }, now) =>
      transient('mail quotas', async () => {
        const hour = new Date(Math.floor(now.getTime() / HOUR_MS) * HOUR_MS);
        return take({ id: `${hash}:${hour.toISOString().slice(0, 13)}`, hour, cap: mailCapPerHour });
      }),
  };
}
