import { type ApiError, Storage } from '@google-cloud/storage';
import { parseStoredEvent, type StoredEvent, stringifyStoredEvent } from '../event/envelope.ts';
import { objectName } from '../event/object-name.ts';
import { transient } from '../runtime/errors.ts';

/** The archive: one object an event, the source of truth. */
export interface Archive {
  /**
   * Resolves once the object is durably written, with `payloadText`, the payload's own JSON, where there is one. Safe to repeat:
   * an object that is there stays.
   */
  create(event: StoredEvent, payloadText?: string): Promise<void>;
  /** The event in an object; undefined when there is no such object (it was erased). Throws PermanentError `invalid_object`. */
  read(name: string): Promise<StoredEvent | undefined>;
  /** The names of the objects that begin so, in the order of their code points. */
  list(prefix: string): AsyncIterable<string>;
  /** Removes an object; what the bucket keeps of deleted ones (soft delete) is its own. false: there was none. */
  remove(name: string): Promise<boolean>;
}

/** The most names that Cloud Storage gives at once. */
const MAX_LISTED = 1000;

/**
 * Whether a create was refused since the object is there: by its precondition, or for lack of the right to replace it, which
 * collect does not have and Cloud Storage may look at first. Any other 403 is a create that was refused.
 */
function isThere({ code, message }: ApiError): boolean {
  return code === 412 || (code === 403 && /\bstorage\.objects\.delete\b/.test(message));
}

/** Opens the bucket `bucket`; the client finds its credentials or emulator in the environment. */
export function openArchive({ bucket }: { bucket: string }): Archive {
  const files = new Storage().bucket(bucket);
  return {
    create: (event, payloadText) =>
      transient('the archive', () =>
        files
          .file(objectName(event.kind, event.receivedAt, event.id))
          .save(stringifyStoredEvent(event, payloadText), {
            resumable: false,
            contentType: 'application/json',
            preconditionOpts: { ifGenerationMatch: 0 },
          })
          .catch((error: ApiError) => {
            // an earlier try of the client's wrote it and its answer was lost
            if (!isThere(error)) throw error;
          }),
      ),
    read: (name) =>
      transient('the archive', async () => {
        const contents = await files
          .file(name)
          .download()
          .catch((error: ApiError) => {
            if (error.code === 404) return undefined;
            throw error;
          });
        return contents && parseStoredEvent(contents[0].toString('utf8'));
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
