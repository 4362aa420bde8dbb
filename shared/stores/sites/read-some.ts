import { BSON, type FindCursor } from 'mongodb';

/** Of documents that are read and written at once: a stranger can make a site of a mebibyte. */
const MAX_READ_BYTES = 4 * 1024 * 1024;

/** The next documents of a cursor, one at least if there are any, until they have so many bytes; `isAll`: there are no more. */
export async function readSome<T extends { _id: string }>(
  cursor: FindCursor<T>,
): Promise<{ documents: T[]; isAll: boolean }> {
  const documents: T[] = [];
  let bytes = 0;
  for await (const document of cursor) {
    documents.push(document);
    bytes += BSON.calculateObjectSize(document);
    if (bytes >= MAX_READ_BYTES) return { documents, isAll: false };
  }
  return { documents, isAll: true };
}
