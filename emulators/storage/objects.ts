import { type Call, nameAt, type Reply, readJson, refuse } from './call.ts';
import { type Conditions, checkRead, checkWrite, readConditions, readNumber } from './conditions.ts';
import { invalid, noSuchObject, notImplemented } from './errors.ts';
import { mergeFields, setsFields } from './fields.ts';
import { type ListQuery, listPage } from './listing.ts';
import type { Part, StoredObject } from './model.ts';
import { noticesOf, type ObjectEvent } from './notices.ts';
import { objectResource } from './resource.ts';
import type { Store } from './store.ts';

/** The service's limit, in UTF-8 bytes. */
const MAX_NAME_BYTES = 1024;

/** The object of the path, in the generation that the query asks for. */
export function findObject(call: Call, generationName = 'generation'): StoredObject {
  const bucket = nameAt(call, 0);
  const name = nameAt(call, 1);
  const object = call.store.state.object(bucket, name);
  const generation = readNumber(call.query, generationName);
  if (object === undefined || (generation !== undefined && generation !== object.generation)) {
    throw noSuchObject(bucket, name);
  }
  return object;
}

/** Refuses names that the service refuses. */
export function checkName(name: string): void {
  if (Buffer.byteLength(name) > MAX_NAME_BYTES || /^\.\.?$|[\r\n]|^\.well-known\/acme-challenge\//.test(name)) {
    throw invalid('The specified object name is not valid.');
  }
}

/** What a new object is made of. */
export type NewObject = Omit<StoredObject, 'generation' | 'metageneration' | 'createdAt' | 'updatedAt'>;

/**
 * Makes the object live, if `conditions` hold at this very moment, together with the notifications that are due; resolves
 * when all of it is durable.
 */
export async function finalizeObject(store: Store, made: NewObject, conditions: Conditions): Promise<StoredObject> {
  const { state } = store;
  const live = state.object(made.bucket, made.name);
  checkWrite(conditions, live);
  const generation = state.nextGeneration();
  const now = Math.floor(generation / 1000);
  const object: StoredObject = { ...made, generation, metageneration: 1, createdAt: now, updatedAt: now };
  const events: ObjectEvent[] = [{ type: 'OBJECT_FINALIZE', object, atMicros: generation }];
  if (live !== undefined) {
    events[0] = { type: 'OBJECT_FINALIZE', object, atMicros: generation, overwrote: live.generation };
    events.unshift({ type: 'OBJECT_DELETE', object: live, atMicros: generation, overwrittenBy: generation });
  }
  const notices = noticesOf(state.bucket(made.bucket).bucket, events, state.nextNotice);
  await store.commit({ type: 'object', object, notices });
  return object;
}

/** `GET /b/B/o/O` */
export async function getObject(call: Call): Promise<Reply> {
  refuse(call, ['softDeleted']);
  const object = findObject(call);
  checkRead(readConditions(call.query), object);
  return { status: 200, json: objectResource(object, call.links) };
}

/** `PATCH /b/B/o/O` */
export async function patchObject(call: Call): Promise<Reply> {
  const json = await readJson(call.request);
  const old = findObject(call);
  checkWrite(readConditions(call.query), old);
  if (json.storageClass !== undefined && json.storageClass !== old.fields.storageClass) {
    throw notImplemented('a change of the storage class');
  }
  const atMicros = Date.now() * 1000;
  const object = {
    ...old,
    fields: mergeFields(json, old.fields),
    metageneration: old.metageneration + 1,
    updatedAt: atMicros / 1000,
  };
  const { state } = call.store;
  const events: ObjectEvent[] = [{ type: 'OBJECT_METADATA_UPDATE', object, atMicros }];
  const notices = noticesOf(state.bucket(old.bucket).bucket, events, state.nextNotice);
  await call.store.commit({ type: 'object', object, notices });
  return { status: 200, json: objectResource(object, call.links) };
}

/** `DELETE /b/B/o/O` */
export async function deleteObject(call: Call): Promise<Reply> {
  const object = findObject(call);
  const { bucket, name } = object;
  checkWrite(readConditions(call.query), object);
  const { state } = call.store;
  const events: ObjectEvent[] = [{ type: 'OBJECT_DELETE', object, atMicros: Date.now() * 1000 }];
  const notices = noticesOf(state.bucket(bucket).bucket, events, state.nextNotice);
  await call.store.commit({ type: 'object-deleted', bucket, name, notices });
  return { status: 204 };
}

/** `GET /b/B/o`. There is no versioning: `versions=true` lists the same. */
export async function listObjects(call: Call): Promise<Reply> {
  refuse(call, ['softDeleted', 'matchGlob', 'filter', 'includeFoldersAsPrefixes']);
  const { query } = call;
  const { objects, keys: all } = call.store.state.bucket(nameAt(call, 0));
  const page = listPage(all, readListQuery(query));
  const items = page.keys.flatMap((key) => objects.get(key) ?? []).map((object) => objectResource(object, call.links));
  const { prefixes, nextPageToken } = page;
  const json = {
    kind: 'storage#objects',
    ...(nextPageToken !== undefined && { nextPageToken }),
    ...(prefixes.length > 0 && { prefixes }),
    ...(items.length > 0 && { items }),
  };
  return { status: 200, json };
}

function readListQuery(query: URLSearchParams): ListQuery {
  const list: ListQuery = { includeTrailingDelimiter: query.get('includeTrailingDelimiter') === 'true' };
  for (const name of ['prefix', 'delimiter', 'startOffset', 'endOffset', 'pageToken'] as const) {
    const value = query.get(name);
    if (value) list[name] = value;
  }
  const maxResults = readNumber(query, 'maxResults');
  if (maxResults !== undefined) list.maxResults = maxResults;
  return list;
}

/** `POST /b/B/o/O/rewriteTo/b/B2/o/O2`: always done in one call. */
export async function rewriteObject(call: Call): Promise<Reply> {
  refuse(call, ['destinationKmsKeyName', 'maxBytesRewrittenPerCall'], ['x-goog-copy-source-encryption-key']);
  const resource = await copy(call);
  const { size } = resource;
  const json = { kind: 'storage#rewriteResponse', totalBytesRewritten: size, objectSize: size, done: true, resource };
  return { status: 200, json };
}

/** `POST /b/B/o/O/copyTo/b/B2/o/O2` */
export async function copyObject(call: Call): Promise<Reply> {
  refuse(call, ['destinationKmsKeyName'], ['x-goog-copy-source-encryption-key']);
  return { status: 200, json: await copy(call) };
}

async function copy(call: Call): Promise<Record<string, unknown>> {
  const { store, query, links } = call;
  const json = await readJson(call.request);
  const bucket = nameAt(call, 2);
  const name = nameAt(call, 3);
  checkName(name);
  const source = findObject(call, 'sourceGeneration');
  checkWrite(readConditions(query, 'ifSource'), source);
  checkWrite(readConditions(query), store.state.object(bucket, name));
  const { size, md5Hash, crc32c } = source;
  // the service copies the source's settings only when it is told none
  const fields = setsFields(json) ? mergeFields(json) : source.fields;
  const parts: Part[] = [];
  try {
    for (const part of source.parts) parts.push(await store.write(await store.bytes.read(part, 0, part.length)));
    const made = { bucket, name, size, md5Hash, crc32c, fields, parts };
    return objectResource(await finalizeObject(store, made, readConditions(query)), links);
  } catch (error) {
    store.discard(parts);
    throw error;
  }
}
