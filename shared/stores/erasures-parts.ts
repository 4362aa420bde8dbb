import { randomUUID } from 'node:crypto';
import type { Collection } from 'mongodb';
import { batchesOf } from '../runtime/batches-of.ts';
import type { ErasureDocument } from './erasures.ts';
import { DUPLICATE_KEY } from './mongodb.ts';

/**
 * A document of `erasures`: a receipt, or a part of one. Whoever knows a project's hash and an address makes what a receipt is
 * about as large as he likes, and MongoDB takes no document above 16 MB. Earlier versions wrote all into the receipt.
 */
export interface StoredErasure extends Omit<ErasureDocument, 'pending'> {
  pending: { tables: string[]; objects?: string[] } | null;
  /** Of a part: the receipt's id. A part has nothing else but some of these lists, and with keys the receipt's `erasedAt`. */
  of?: string;
  objects?: string[];
}

type Part = Pick<StoredErasure, '_id' | 'of' | 'objects' | 'late'> & Partial<Pick<StoredErasure, 'keys' | 'erasedAt'>>;
type Items = Pick<Part, 'keys' | 'objects'>;

/** The parts of receipts. */
export interface ErasureParts {
  /** The whole receipt. */
  read(receipt: StoredErasure): Promise<ErasureDocument>;
  /** Adds what it does not have. The keys stand for nothing until it begins: whoever dies before has erased nothing. */
  add(receipt: string, items: Required<Items>): Promise<void>;
  /** From then on its keys stand for what was received until `erasedAt`. */
  begin(receipt: string, erasedAt: Date): Promise<void>;
  addLate(receipt: string, object: string): Promise<void>;
  removeLate(receipt: string, objects: string[]): Promise<void>;
  /** The receipts that have late objects. */
  withLate(): Promise<string[]>;
  removeObjects(receipt: string): Promise<void>;
}

/** Some 600 KB. */
const PART_ITEMS = 5000;
const NEVER = new Date(0);

export function openErasureParts(erasures: Collection<StoredErasure>, partItems = PART_ITEMS): ErasureParts {
  const parts = erasures as unknown as Collection<Part>;
  const partsOf = (receipt: string) => parts.find({ of: receipt }).toArray();
  return {
    read: async ({ pending, ...receipt }) => {
      const found = await partsOf(receipt._id);
      const objects = union(pending?.objects, ...found.map((part) => part.objects));
      const late = union(receipt.late, ...found.map((part) => part.late));
      return {
        ...receipt,
        keys: union(receipt.keys, ...found.map(({ keys }) => keys)),
        pending: pending && { tables: pending.tables, objects },
        ...(late.length > 0 && { late }),
      };
    },
    add: async (receipt, { keys, objects }) => {
      const found = await partsOf(receipt);
      const former = await erasures.findOne({ _id: receipt }, { projection: { keys: 1 } });
      const newKeys = without(keys, union(former?.keys, ...found.map((part) => part.keys)));
      const newObjects = without(objects, union(...found.map((part) => part.objects)));
      const added: Part[] = [
        ...batchesOf(newKeys, partItems).map((some) => ({ ...newPart(receipt), erasedAt: NEVER, keys: some })),
        ...batchesOf(newObjects, partItems).map((some) => ({ ...newPart(receipt), objects: some })),
      ];
      if (added.length > 0) await parts.insertMany(added);
    },
    begin: async (receipt, erasedAt) => {
      await parts.updateMany({ of: receipt, keys: { $exists: true } }, { $set: { erasedAt } });
    },
    addLate: async (receipt, object) => {
      const late = { $setOnInsert: { of: receipt, late: [object] } };
      await parts.updateOne({ _id: `${receipt}/${object}` }, late, { upsert: true }).catch((error) => {
        if (error.code !== DUPLICATE_KEY) throw error;
      });
    },
    removeLate: async (receipt, objects) => {
      const ofReceipt = { $or: [{ _id: receipt }, { of: receipt }], late: { $gt: '' } };
      const noted = union(...(await parts.find(ofReceipt).toArray()).map(({ late }) => late));
      const gone = new Set(objects);
      for (const some of batchesOf(
        noted.filter((object) => gone.has(object)),
        partItems,
      )) {
        // others add some at any moment, so that a list is never replaced
        await parts.updateMany(ofReceipt, { $pull: { late: { $in: some } } });
      }
      await parts.deleteMany({ of: receipt, late: [], keys: { $exists: false } });
    },
    withLate: async () => {
      const noted = await parts.find({ late: { $gt: '' } }, { projection: { of: 1 } }).toArray();
      return [...new Set(noted.map(({ _id, of }) => of ?? _id))];
    },
    removeObjects: async (receipt) => {
      await parts.deleteMany({ of: receipt, objects: { $exists: true } });
    },
  };
}

function newPart(receipt: string) {
  return { _id: `${receipt}/${randomUUID()}`, of: receipt };
}

/** Each once, sorted. */
function union(...lists: (string[] | undefined)[]): string[] {
  return [...new Set(lists.flatMap((list) => list ?? []))].sort();
}

function without(items: string[], known: string[]): string[] {
  const there = new Set(known);
  return [...new Set(items)].filter((item) => !there.has(item));
}
