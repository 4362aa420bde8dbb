import { type ApiError, type File, Storage } from '@google-cloud/storage';
import { parseStoredEvent, type StoredEvent, stringifyStoredEvent } from '../event/envelope.ts';
import { objectName } from '../event/object-name.ts';
import { PermanentError, transient } from '../runtime/errors.ts';

/** The archive: one object an event, the source of truth. */
export interface Archive {
  /**
   * Resolves once the object is durably written, with `payloadText`, the payload's own JSON, where there is one. Safe to repeat:
   * an object that is there stays.
   */
  create(event: StoredEvent, payloadText?: string): Promise<void>;
  /**
   * The event in an object; undefined when there is no such object (it was erased). Throws PermanentError `invalid_object` for what
   * collect cannot have written.
   */
  read(name: string): Promise<StoredEvent | undefined>;
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
        const text = await download(files.file(name)).catch((error: ApiError) => {
          if (error.code === 404) return undefined;
          throw error;
        });
        if (text === undefined) return undefined;
        const event = parseStoredEvent(text);
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

/** The text of an object; one that is too large is refused before more than its headers have come. */
async function download(file: File): Promise<string> {
  const tooLarge = invalid(`the object is larger than ${MAX_OBJECT_BYTES} bytes`);
  const stream = file.createReadStream();
  stream.once('response', ({ headers }: { headers: Record<string, string> }) => {
    if (Number(headers['content-length']) > MAX_OBJECT_BYTES) stream.destroy(tooLarge);
  });
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // one that is stored compressed grows while it is read
    if (bytes > MAX_OBJECT_BYTES) throw tooLarge;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function invalid(message: string): PermanentError {
  return new PermanentError('invalid_object', null, message);
}
