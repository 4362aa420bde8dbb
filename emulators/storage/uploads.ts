import { type Call, nameAt, parseJson, type Reply, readBody, refuse } from './call.ts';
import { Checksums, type Digest } from './checksums.ts';
import { readConditions } from './conditions.ts';
import { invalid } from './errors.ts';
import { checkDigest, declaredBy, readTarget, receive, type Target } from './intake.ts';
import { lengthOf, type Part } from './model.ts';
import { splitMultipart } from './multipart.ts';
import { finalizeObject } from './objects.ts';
import { objectResource } from './resource.ts';
import { startResumable } from './resumable.ts';

/** A multipart body is held in memory; larger objects come resumable or as simple media, which are not. */
const MAX_MULTIPART_BYTES = 256 * 1024 * 1024;

/** Query parameters and headers that change what is stored, beyond the emulator. */
const REFUSED_PARAMETERS = ['kmsKeyName'];
const REFUSED_HEADERS = ['x-goog-encryption-key'];

/** `POST /upload/.../b/B/o?uploadType=media|multipart|resumable` */
export async function upload(call: Call): Promise<Reply> {
  refuse(call, REFUSED_PARAMETERS, REFUSED_HEADERS);
  call.store.state.bucket(nameAt(call, 0));
  switch (call.query.get('uploadType')) {
    case 'media':
      return uploadMedia(call);
    case 'multipart':
      return uploadMultipart(call);
    case 'resumable':
      return startResumable(call);
    default:
      throw invalid('Upload requests must have an uploadType of media, multipart or resumable.');
  }
}

async function uploadMedia(call: Call): Promise<Reply> {
  const { store, request } = call;
  const target = readTarget(call, {}, request.headers['content-type']);
  const parts: Part[] = [];
  try {
    const checksums = new Checksums();
    await receive(store, request, { parts, checksums });
    return await finish(call, target, parts, checksums.digest());
  } catch (error) {
    store.discard(parts);
    throw error;
  }
}

async function uploadMultipart(call: Call): Promise<Reply> {
  const { store, request } = call;
  const body = await readBody(request, MAX_MULTIPART_BYTES);
  const { resource, contentType, media } = splitMultipart(request.headers['content-type'], body);
  const target = readTarget(call, parseJson(resource), contentType);
  const checksums = new Checksums();
  checksums.update(media);
  const parts = media.length === 0 ? [] : [await store.write(media)];
  try {
    return await finish(call, target, parts, checksums.digest());
  } catch (error) {
    store.discard(parts);
    throw error;
  }
}

async function finish(call: Call, target: Target, parts: Part[], digest: Digest): Promise<Reply> {
  const { bucket, name, fields, declared } = target;
  checkDigest(digest, declared);
  checkDigest(digest, declaredBy(call.request));
  const made = { bucket, name, fields, size: lengthOf(parts), parts, ...digest };
  const object = await finalizeObject(call.store, made, readConditions(call.query));
  return { status: 200, json: objectResource(object, call.links) };
}
