import { randomUUID } from 'node:crypto';
import type { Db } from 'mongodb';
import { TransientError, transient } from '../../runtime/errors.ts';
import { DUPLICATE_KEY } from '../mongodb.ts';

/** Who does what only one may do at a time. */
export interface LeaseDocument {
  /** What. */
  _id: string;
  /** Random; of the last one who took it. */
  holder: string;
  /** It is free from then on. */
  until: Date;
  /** How often it was taken. */
  generation: number;
  /** When the last one began who did all of it. Absent before the first. */
  doneSince?: Date;
  /** When what there is to be done for the first time was noted elsewhere: it is not to be noted again. Absent before. */
  begunSince?: Date;
}

export interface Lease {
  generation: number;
  /** When the last one began who did all of it; null: nobody has. */
  doneSince: Date | null;
  /** When what there is to be done for the first time was noted; null: it is not. */
  begunSince: Date | null;
  /** It is noted, as of then: who takes it next goes on with that. */
  begin(since: Date): Promise<void>;
  /** Call it now and then. Rejects when another one has it, since nobody called this for too long. */
  extend(): Promise<void>;
  /** Gives it back: all that was there when `doneSince` began is done, or, without one, it is not. */
  release(doneSince?: Date): Promise<void>;
}

export interface Leases {
  /** Takes what `name` says, for so long at a time; undefined when another one has it. */
  take(name: string, leaseMs: number): Promise<Lease | undefined>;
  /** When the last one began who did all of it; null: nobody has. */
  doneSince(name: string): Promise<Date | null>;
}

export function openLeases(db: Db): Leases {
  const leases = db.collection<LeaseDocument>('leases');
  const change = async (_id: string, holder: string, $set: Partial<LeaseDocument>) => {
    const { matchedCount } = await leases.updateOne({ _id, holder }, { $set });
    if (matchedCount === 0) throw new TransientError(`another one took ${_id}`, { cause: undefined });
  };
  return {
    doneSince: (name) => transient('leases', async () => (await leases.findOne({ _id: name }))?.doneSince ?? null),
    take: (name, leaseMs) =>
      transient('leases', async () => {
        const holder = randomUUID();
        const now = Date.now();
        let extendedMs = now;
        const taken = await leases
          .findOneAndUpdate(
            { _id: name, until: { $lte: new Date(now) } },
            { $set: { holder, until: new Date(now + leaseMs) }, $inc: { generation: 1 } },
            { upsert: true, returnDocument: 'after' },
          )
          .catch((error) => {
            // the upsert meets the document of whoever has it
            if (error.code === DUPLICATE_KEY) return null;
            throw error;
          });
        if (taken === null) return undefined;
        return {
          generation: taken.generation,
          doneSince: taken.doneSince ?? null,
          begunSince: taken.begunSince ?? null,
          begin: (begunSince) => transient('leases', () => change(name, holder, { begunSince })),
          extend: () =>
            transient('leases', async () => {
              if (Date.now() - extendedMs < leaseMs / 10) return;
              extendedMs = Date.now();
              await change(name, holder, { until: new Date(extendedMs + leaseMs) });
            }),
          release: (doneSince) =>
            transient('leases', () =>
              change(name, holder, { until: new Date(0), ...(doneSince !== undefined && { doneSince }) }),
            ),
        };
      }),
  };
}
