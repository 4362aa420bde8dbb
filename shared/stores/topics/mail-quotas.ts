import type { Db } from 'mongodb';
import type { Project } from '../../project/project.ts';
import { transient } from '../../runtime/errors.ts';
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

export function openMailQuotas(db: Db): MailQuotas {
  const quotas = db.collection<MailQuotaDocument>('mailQuotas');
  const tryTake = (_id: string, hour: Date, cap: number) =>
    quotas
      .updateOne({ _id, count: { $lt: cap } }, { $inc: { count: 1 }, $setOnInsert: { hour } }, { upsert: true })
      .then(
        () => true,
        (error) => {
          if (error.code === DUPLICATE_KEY) return false;
          throw error;
        },
      );
  return {
    take: ({ hash, mailCapPerHour }, now) =>
      transient('mail quotas', async () => {
        const hour = new Date(Math.floor(now.getTime() / HOUR_MS) * HOUR_MS);
        const id = `${hash}:${hour.toISOString().slice(0, 13)}`;
        // an upsert meets a key when the cap is reached, and when another one made the hour at the same moment; once it is
        // there, only the first of these is left
        return (await tryTake(id, hour, mailCapPerHour)) || tryTake(id, hour, mailCapPerHour);
      }),
  };
}
