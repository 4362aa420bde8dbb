import type { AnyBulkWriteOperation, Db } from 'mongodb';
import type { Day } from '../../figures/days.ts';
import { transient } from '../../runtime/errors.ts';
import { groupCommit } from '../group-commit.ts';

/** A day of the history whose figures are to be made again. */
export interface LateDayDocument {
  _id: Day;
  /** When something of the day came last, for whoever asks how long it waits. */
  changedAt: Date;
  /** Raised by everything that comes: clocks differ, and two moments may be one. */
  revision: number;
  /** What its sites said is made again, of this revision; what follows from it is not. */
  isMade: boolean;
}

/** Days that the rebuild does not look at by itself. */
export interface LateDays {
  /** Something came of a day that is over. Call it once the history has it. However many mark one day, they share a write. */
  mark(day: Day): Promise<void>;
  /** Wants these days, unless they wait already. `isMade`: not for what their sites said, but for what follows from it. */
  want(days: readonly Day[], isMade: boolean): Promise<void>;
  /** Those that wait, the oldest first, up to and with a day; `limit` at most. */
  waiting(until: Day, limit: number): Promise<LateDayDocument[]>;
  /** What its sites said is made again, of this revision. */
  noteMade(day: LateDayDocument): Promise<void>;
  /** All of it is done, of these revisions: a day of which more came since goes on waiting. */
  remove(days: readonly LateDayDocument[]): Promise<void>;
}

const MARKS_AT_ONCE = 1000;

export function openLateDays(db: Db): LateDays {
  const lateDays = db.collection<LateDayDocument>('lateDays');
  const write = async (writes: AnyBulkWriteOperation<LateDayDocument>[]) => {
    if (writes.length > 0) await lateDays.bulkWrite(writes, { ordered: false });
  };
  const marks = groupCommit<{ day: Day }>(
    async (items) => {
      const changed = { $set: { changedAt: new Date(), isMade: false }, $inc: { revision: 1 } };
      const days = [...new Set(items.map(({ day }) => day))];
      await write(days.map((_id) => ({ updateOne: { filter: { _id }, update: changed, upsert: true } })));
      return new Map();
    },
    { maxItems: MARKS_AT_ONCE, maxSize: MARKS_AT_ONCE, sizeOf: () => 1 },
  );
  return {
    mark: (day) => transient('late days', () => marks.add({ day })),
    want: (days, isMade) =>
      transient('late days', () => {
        const wanted = { $setOnInsert: { changedAt: new Date(), isMade, revision: 1 } };
        return write(days.map((_id) => ({ updateOne: { filter: { _id }, update: wanted, upsert: true } })));
      }),
    waiting: (until, limit) =>
      transient('late days', () =>
        lateDays
          .find({ _id: { $lte: until } })
          .sort({ _id: 1 })
          .limit(limit)
          .toArray(),
      ),
    noteMade: ({ _id, revision }) =>
      transient('late days', async () => {
        await lateDays.updateOne({ _id, revision }, { $set: { isMade: true } });
      }),
    remove: (days) =>
      transient('late days', () =>
        write(days.map(({ _id, revision }) => ({ deleteOne: { filter: { _id, revision } } }))),
      ),
  };
}
