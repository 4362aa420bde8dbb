import * as buckets from './buckets.ts';
import type { Handler } from './call.ts';
import { download, getObjectOrMedia } from './downloads.ts';
import { invalid, notFound, notImplemented } from './errors.ts';
import { deleteObject, listObjects } from './objects.ts';
import { upload } from './uploads.ts';

/** All that is served; `*` stands for one segment, in which a slash is `%2F`. */
export const ROUTES: Record<string, Handler> = {
  'GET b': buckets.listBuckets,
  'POST b': buckets.createBucket,
  'GET b/*': buckets.getBucket,
  'DELETE b/*': buckets.deleteBucket,
  'GET b/*/storageLayout': buckets.getStorageLayout,
  'GET b/*/notificationConfigs': buckets.listConfigs,
  'POST b/*/notificationConfigs': buckets.createConfig,
  'GET b/*/notificationConfigs/*': buckets.getConfig,
  'DELETE b/*/notificationConfigs/*': buckets.deleteConfig,
  'GET b/*/o': listObjects,
  'GET b/*/o/*': getObjectOrMedia,
  'DELETE b/*/o/*': deleteObject,
  'POST upload/b/*/o': upload,
  'GET download/b/*/o/*': download,
};

const PATTERNS = Object.entries(ROUTES).map(([route, handler]) => {
  const [method, path = ''] = route.split(' ');
  return { method, pattern: new RegExp(`^/${path.replaceAll('*', '([^/]*)')}$`), handler };
});

/** The Node client leaves `/storage/v1` out when STORAGE_EMULATOR_HOST is set; gsutil writes `/resumable` before an upload. */
const PREFIX = /^(?:\/resumable)?(\/upload|\/download)?(?:\/storage\/v1)?(?=\/)/;
/** Paths of the service, of which the emulator may lack some. */
const SERVICE = /^\/(?:(?:upload|download)\/)?(?:b|projects|batch)(?:\/|$)/;

export interface Route {
  handler: Handler;
  /** The segments that `*` stands for, decoded. */
  names: string[];
}

/** Finds the handler by the raw path. Throws 404 for no path of the service, or says that the emulator lacks it. */
export function findRoute(method: string, path: string): Route {
  const plain = path.replace(PREFIX, '$1');
  for (const { method: served, pattern, handler } of PATTERNS) {
    const match = served === method ? pattern.exec(plain) : null;
    if (match !== null) return { handler, names: match.slice(1).map(decode) };
  }
  if (SERVICE.test(plain)) throw notImplemented(`${method} ${path}`);
  throw notFound('Not Found');
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw invalid(`Malformed path segment: ${segment}`);
  }
}
