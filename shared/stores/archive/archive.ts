import { type ApiError, Storage } from '@google-cloud/storage';
import { parseStoredEvent, type StoredEvent, stringifyStoredEvent } from '../../event/envelope.ts';
import { objectName } from '../../event/object-name.ts';
import { PermanentError, transient } from '../../runtime/errors.ts';
import { ObjectTooLargeError, openObjectBytes, StorageError } from './object-bytes.ts';

/** The archive: one object an event, the source of truth. */
export interface Archive {
  /**
   * Resolves once the object is durably written, with `payloadText`, the payload's own JSON, where there is one. Safe to repeat:
   * an object that is there stays.
   */
  create(event: StoredEvent, payloadText?: string): Promise<void>;
  /**
   * The event in an object; undefined when there is no such object (it was erased). Throws PermanentError `invalid_object` for what
   * collect cannot have written, and ObjectTooLargeError for what it can have written and has more than `maxBytes`.
   */
  read(name: string, maxBytes?: number): Promise<StoredEvent | undefined>;
  /** The names of the objects that begin so, in the order of their code points. */
  list(prefix: string): AsyncIterable<string>;
  /** Removes an object; what the bucket keeps of deleted ones (soft delete) is its own. false: there was none. */
  remove(name: string): Promise<boolean>;
}

/** The most names that Cloud Storage gives at once. */
const MAX_LISTED = 1000;

/** Beyond what collect's limit of a body can become: each of its bytes at most six of JSON, and the body itself in base64. */
export const MAX_OBJECT_BYTES = 8 * 1024 * 1024;

/**
 * Whether a create was refused since the object is there: by its precondition, or for lack of the right to replace it, which
 * collect does not have and Cloud Storage may look at first. Any other 403 is a create that was refused.
 */
function isThere(error: unknown): boolean {
  if (!(error instanceof StorageError)) return false;
  return error.code === 412 || (error.code === 403 && /\bstorage\.objects\.delete\b/.test(error.message));
}

/** Opens the bucket `bucket`; the client finds its credentials or emulator in the environment. */
export function openArchive({ bucket }: { bucket: string }): Archive {
  const storage = new Storage();
  const files = storage.bucket(bucket);
  const objects = openObjectBytes(storage, bucket);
  return {
    create: (event, payloadText) => {
      const name = objectName(event.kind, event.receivedAt, event.id);
      const written = objects.create(name, stringifyStoredEvent(event, payloadText));
      return transient('the archive', () =>
        written.catch((error) => {
          // an earlier try of the client's wrote it and its answer was lost
          if (!isThere(error)) throw error;
        }),
      );
    },
    read: (name, maxBytes = MAX_OBJECT_BYTES) =>
      transient('the archive', async () => {
        const bytes = await objects.read(name, maxBytes).catch((error) => {
          if (!(error instanceof ObjectTooLargeError)) throw error;
          if (maxBytes < MAX_OBJECT_BYTES && (error.bytes ?? 0) <= MAX_OBJECT_BYTES) throw error;
          throw invalid(`the object is larger than ${MAX_OBJECT_BYTES} bytes`);
        });
        if (bytes === undefined) return undefined;
        const event = parseStoredEvent(bytes.toString('utf8'));
        if (objectName(event.kind, event.receivedAt, event.id) !== name)
          throw invalid('the object is not the event of its name');
        return event;
      }),
    async *list(prefix) {
      const query = { prefix, maxResults: MAX_LISTED, autoPaginate: false, fields: 'items(name),nextPageToken' };
      for (let page: object | null = query; page !== null; ) {
        const asked: object = page;
        const [listed, next] = await transient('the archive', () => files.getFiles(asked));
        for (const { name } of listed) yield name;
        page = next ?? null;
      }
    },
    remove: (name) =>
      transient('the archive', () =>
        files
          .file(name)
          .delete()
          .then(
            () => true,
            (error: ApiError) => {
              if (error.code === 404) return false;
              throw error;
            },
          ),
      ),
  };
}

function invalid(message: string): PermanentError {
  return new PermanentError('invalid_object', null, message);
}
