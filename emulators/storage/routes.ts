import * as buckets from './buckets.ts';
import type { Handler } from './call.ts';
import { download, getObjectOrMedia } from './downloads.ts';
import { invalid, notFound, notImplemented } from './errors.ts';
import { copyObject, deleteObject, listObjects, patchObject, rewriteObject } from './objects.ts';
import { cancelResumable, continueResumable } from './resumable.ts';
import { upload } from './uploads.ts';

/** `*` stands for one segment, in which a slash is `%2F`. */
const ROUTES: Record<string, Handler> = {
  'GET b': buckets.listBuckets,
  'POST b': buckets.createBucket,
  'GET b/*': buckets.getBucket,
  'DELETE b/*': buckets.deleteBucket,
  'GET b/*/notificationConfigs': buckets.listConfigs,
  'POST b/*/notificationConfigs': buckets.createConfig,
  'GET b/*/notificationConfigs/*': buckets.getConfig,
  'DELETE b/*/notificationConfigs/*': buckets.deleteConfig,
  'GET b/*/o': listObjects,
  'GET b/*/o/*': getObjectOrMedia,
  'PATCH b/*/o/*': patchObject,
  'DELETE b/*/o/*': deleteObject,
  'POST b/*/o/*/rewriteTo/b/*/o/*': rewriteObject,
  'POST b/*/o/*/copyTo/b/*/o/*': copyObject,
  'POST upload/b/*/o': upload,
  'PUT upload/b/*/o': continueResumable,
  'DELETE upload/b/*/o': cancelResumable,
  'GET download/b/*/o/*': download,
};

/** `/storage/v1` is left out by the Node client when STORAGE_EMULATOR_HOST is set. */
const PATH = /^(?:\/resumable)?(?:\/(upload|download))?(?:\/storage\/v1)?\/(b(?:\/.*)?)$/;
/** Segments that are literal, by their place in the path. */
const WORDS = [['b'], [], ['o', 'notificationConfigs'], [], ['rewriteTo', 'copyTo'], ['b'], [], ['o'], []];
/** Paths of the service that the emulator lacks, under a bucket or an object. */
const LACKING = /^(?:\/storage\/v1)?\/(?:b\/|projects\/)|^\/batch\/|^\/upload\//;

export interface Route {
  handler: Handler;
  /** The segments that `*` stands for, decoded. */
  names: string[];
}

/** Finds the handler by the raw path. Throws 404 for no path of the service, 501 for one that the emulator lacks. */
export function findRoute(method: string, path: string): Route {
  const match = PATH.exec(path);
  const segments = (match?.[2] ?? '').split('/');
  const shape = segments.map((segment, place) => (WORDS[place]?.length === 0 ? '*' : segment)).join('/');
  const handler = ROUTES[`${method} ${match?.[1] === undefined ? '' : `${match[1]}/`}${shape}`];
  if (match !== null && handler !== undefined) {
    return { handler, names: segments.filter((_, place) => WORDS[place]?.length === 0).map(decode) };
  }
  if (match !== null || LACKING.test(path)) throw notImplemented(`${method} ${path}`);
  throw notFound('Not Found');
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw invalid(`Malformed path segment: ${segment}`);
  }
}
