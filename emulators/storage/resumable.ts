import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type Call, type Reply, readJson } from './call.ts';
import { Checksums, type Digest } from './checksums.ts';
import { readConditions } from './conditions.ts';
import { type ContentRange, parseContentRange } from './content-range.ts';
import { invalid, notFound, StorageError, unavailable } from './errors.ts';
import { checkDigest, declaredBy, readTarget, receive } from './intake.ts';
import { lengthOf, type Part, type Session } from './model.ts';
import { finalizeObject } from './objects.ts';
import { objectResource } from './resource.ts';
import type { Store } from './store.ts';

/** Every piece but the last must have at least so many bytes. */
const MIN_CHUNK_BYTES = 256 * 1024;

/** The request that is sending bytes to a session, and when it has ended. */
const senders = new WeakMap<Session, { request: IncomingMessage; ended: Promise<void> }>();

/**
 * `POST …?uploadType=resumable`: an upload that outlives connections and restarts. As in the service, preconditions are not
 * looked at before its end (googleapis/google-cloud-java#201).
 */
export async function startResumable(call: Call): Promise<Reply> {
  const { headers } = call.request;
  const json = await readJson(call.request);
  const type = headers['x-upload-content-type'];
  const { declared, ...target } = readTarget(call, json, typeof type === 'string' ? type : undefined);
  const conditions = readConditions(call.query);
  const id = randomUUID();
  const session: Session = { id, ...target, conditions, declared, createdAt: Date.now(), parts: [] };
  await call.store.commit({ type: 'session', session });
  const query = new URLSearchParams({ uploadType: 'resumable', name: target.name, upload_id: id });
  const location = `${call.links.media}/upload/storage/v1/b/${target.bucket}/o?${query}`;
  return { status: 200, headers: { location, 'x-guploader-uploadid': id } };
}

/** `PUT` to a resumable upload: bytes, or the question how far it is. A lost answer can be asked for again. */
export async function continueResumable(call: Call): Promise<Reply> {
  const range = parseContentRange(call.request.headers['content-range']);
  if (range === undefined) throw invalid('Failed to parse Content-Range header.');
  const session = findSession(call);
  if (!('parts' in session)) return session;
  if (range.from === undefined) {
    const complete = range.total !== undefined && range.total === lengthOf(session.parts);
    return complete ? finish(call, session, { parts: [], checksums: undefined }) : progress(session);
  }
  const earlier = senders.get(session);
  if (earlier === undefined) return send(call, session, range);
  // the client gave that connection up
  earlier.request.destroy();
  await earlier.ended;
  const now = findSession(call);
  return 'parts' in now ? send(call, now, range) : now;
}

/** `DELETE` of a resumable upload; the service answers 499. */
export async function cancelResumable(call: Call): Promise<Reply> {
  const session = findSession(call);
  if (!('parts' in session)) return session;
  await call.store.commit({ type: 'session-ended', session: session.id });
  return { status: 499 };
}

/** The session, or the answer that its client has missed. */
function findSession({ store, query, links }: Call): Session | Reply {
  const id = query.get('upload_id') ?? '';
  const object = store.state.finished.get(id);
  if (object !== undefined) return { status: 200, json: objectResource(object, links) };
  const session = store.state.sessions.get(id);
  if (session === undefined) throw notFound(`No such upload: ${id}`);
  return session;
}

function progress({ parts }: Session): Reply {
  const received = lengthOf(parts);
  return { status: 308, headers: received === 0 ? {} : { range: `bytes=0-${received - 1}` } };
}

async function send(call: Call, session: Session, range: ContentRange): Promise<Reply> {
  const { promise: ended, resolve: end } = withResolver();
  senders.set(session, { request: call.request, ended });
  try {
    return await take(call, session, range);
  } finally {
    senders.delete(session);
    end();
  }
}

function withResolver(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

async function take(call: Call, session: Session, range: ContentRange): Promise<Reply> {
  const { store, request } = call;
  const { from = 0, to, total } = range;
  const received = lengthOf(session.parts);
  if (from > received) throw unavailable(`The upload offset ${from} exceeds the ${received} bytes uploaded so far.`);
  const parts: Part[] = [];
  const checksums = received === 0 ? new Checksums() : undefined;
  try {
    await receive(store, after(request, received - from), { parts, ...(checksums && { checksums }) });
  } catch (error) {
    // what came before the connection broke need not come again
    await keep(store, session, parts);
    throw error;
  }
  const size = received + lengthOf(parts);
  const isLast = to === undefined || to + 1 === total;
  if ((to !== undefined && size !== Math.max(to + 1, received)) || (isLast && total !== undefined && size !== total)) {
    store.discard(parts);
    throw invalid('The body does not have the bytes that its Content-Range header says.');
  }
  if (isLast) return finish(call, session, { parts, checksums });
  if (size - from < MIN_CHUNK_BYTES) {
    store.discard(parts);
    throw invalid(
      `Every request but the last must have at least ${MIN_CHUNK_BYTES} bytes; this one has ${size - from}.`,
    );
  }
  await keep(store, session, parts);
  return progress(session);
}

/** The body without its first `skip` bytes, which are here already. */
async function* after(body: AsyncIterable<Buffer>, skip: number): AsyncGenerator<Buffer> {
  let rest = skip;
  for await (const chunk of body) {
    if (chunk.length > rest) yield rest === 0 ? chunk : chunk.subarray(rest);
    rest = Math.max(0, rest - chunk.length);
  }
}

async function keep(store: Store, { id }: Session, parts: readonly Part[]): Promise<void> {
  if (!store.state.sessions.has(id)) return store.discard(parts);
  await Promise.all(parts.map((part) => store.commit({ type: 'part', session: id, part })));
}

async function finish(
  call: Call,
  session: Session,
  last: { parts: Part[]; checksums: Checksums | undefined },
): Promise<Reply> {
  const { store } = call;
  const { id, bucket, name, fields, declared, conditions } = session;
  const parts = [...session.parts, ...last.parts];
  try {
    const digest = last.checksums?.digest() ?? (await digestOf(store, parts));
    checkDigest(digest, declared);
    checkDigest(digest, declaredBy(call.request));
    if (!store.state.sessions.has(id)) throw notFound(`No such upload: ${id}`);
    const made = { bucket, name, fields, size: lengthOf(parts), parts, uploadId: id, ...digest };
    return { status: 200, json: objectResource(await finalizeObject(store, made, conditions), call.links) };
  } catch (error) {
    store.discard(last.parts);
    // refused for good, so the session has ended
    if (error instanceof StorageError) await store.commit({ type: 'session-ended', session: id });
    throw error;
  }
}

async function digestOf(store: Store, parts: readonly Part[]): Promise<Digest> {
  const checksums = new Checksums();
  for (const part of parts) checksums.update(await store.bytes.read(part, 0, part.length));
  return checksums.digest();
}
