import { type Call, nameAt, type Reply, refuse } from './call.ts';
import { checkRead, checkWrite, readConditions, readNumber } from './conditions.ts';
import { noSuchObject } from './errors.ts';
import { type ListQuery, listPage } from './listing.ts';
import type { StoredObject } from './model.ts';
import { objectResource } from './resource.ts';

const METAGENERATION = ['ifMetagenerationMatch', 'ifMetagenerationNotMatch'];

/** The object of the path, in the generation that the query asks for. */
export function findObject(call: Call): StoredObject {
  refuse(call, ['softDeleted', ...METAGENERATION]);
  const bucket = nameAt(call, 0);
  const name = nameAt(call, 1);
  const object = call.store.object(bucket, name);
  const generation = readNumber(call.query, 'generation');
  if (object === undefined || (generation !== undefined && generation !== object.generation)) {
    throw noSuchObject(bucket, name);
  }
  return object;
}

/** `GET /b/B/o/O` without `alt=media`. */
export function getObject(call: Call): Reply {
  const object = findObject(call);
  checkRead(readConditions(call.query), object);
  return { status: 200, json: objectResource(object, call.links) };
}

/** `DELETE /b/B/o/O` */
export function deleteObject(call: Call): Reply {
  const object = findObject(call);
  checkWrite(readConditions(call.query), object);
  call.store.removeObject(object);
  return { status: 204 };
}

/** `GET /b/B/o`. There is no versioning and there are no folders: `versions` and `includeFoldersAsPrefixes` list the same. */
export function listObjects(call: Call): Reply {
  refuse(call, ['softDeleted', 'matchGlob', 'filter']);
  const { name } = call.store.bucket(nameAt(call, 0));
  const { objects, prefixes, nextPageToken } = listPage(call.store, name, readListQuery(call.query));
  const json = {
    kind: 'storage#objects',
    ...(nextPageToken !== undefined && { nextPageToken }),
    ...(prefixes.length > 0 && { prefixes }),
    ...(objects.length > 0 && { items: objects.map((object) => objectResource(object, call.links)) }),
  };
  return { status: 200, json };
}

function readListQuery(query: URLSearchParams): ListQuery {
  const list: ListQuery = { includeTrailingDelimiter: /^true$/i.test(query.get('includeTrailingDelimiter') ?? '') };
  for (const name of ['prefix', 'delimiter', 'startOffset', 'endOffset', 'pageToken'] as const) {
    const value = query.get(name);
    if (value) list[name] = value;
  }
  const maxResults = readNumber(query, 'maxResults');
  if (maxResults !== undefined) list.maxResults = maxResults;
  return list;
}
