import { invalid, notImplemented } from './errors.ts';
import type { ObjectFields } from './model.ts';

const STORAGE_CLASSES = ['STANDARD', 'NEARLINE', 'COLDLINE', 'ARCHIVE'];

const TEXT_FIELDS = ['contentEncoding', 'contentDisposition', 'contentLanguage', 'cacheControl'] as const;

/** Settings that would change how the service treats the object: to keep them without obeying them would be a lie. */
const REFUSED = ['acl', 'eventBasedHold', 'temporaryHold', 'retention', 'contexts', 'customTime', 'kmsKeyName'];

/** What is not given is application/octet-stream and STANDARD. */
const DEFAULTS: ObjectFields = { contentType: 'application/octet-stream', storageClass: 'STANDARD' };

/**
 * Lays an object resource that a client sent over `base`, by the rules of PATCH: null clears a field, `metadata` is merged key
 * by key. Fields that the service computes are ignored, as it does.
 */
export function mergeFields(json: Record<string, unknown>, base: ObjectFields = DEFAULTS): ObjectFields {
  for (const name of REFUSED) if (json[name]) throw notImplemented(`${name} on objects`);
  const fields = { ...base };
  const contentType = textOf(json, 'contentType');
  if (contentType !== undefined) fields.contentType = contentType ?? DEFAULTS.contentType;
  const storageClass = textOf(json, 'storageClass') ?? base.storageClass;
  if (!STORAGE_CLASSES.includes(storageClass)) throw invalid(`Invalid storage class '${storageClass}'.`);
  fields.storageClass = storageClass;
  for (const name of TEXT_FIELDS) {
    const value = textOf(json, name);
    if (value === null || value === '') delete fields[name];
    else if (value !== undefined) fields[name] = value;
  }
  const metadata = mergeMetadata(json.metadata, base.metadata);
  delete fields.metadata;
  if (metadata !== undefined) fields.metadata = metadata;
  return fields;
}

/** Whether the resource sets anything that `mergeFields` reads. */
export function setsFields(json: Record<string, unknown>): boolean {
  const names = [...TEXT_FIELDS, ...REFUSED, 'contentType', 'storageClass', 'metadata'];
  return names.some((name) => json[name] !== undefined);
}

function textOf(json: Record<string, unknown>, name: string): string | null | undefined {
  const value = json[name];
  if (value !== undefined && value !== null && typeof value !== 'string') {
    throw invalid(`Invalid value for ${name}: it is not a string.`);
  }
  return value;
}

function mergeMetadata(json: unknown, base: Record<string, string> = {}): Record<string, string> | undefined {
  if (json === null) return undefined;
  if (json !== undefined && (typeof json !== 'object' || Array.isArray(json))) {
    throw invalid('Invalid value for metadata: it is not an object.');
  }
  const merged = new Map(Object.entries(base));
  for (const [key, value] of Object.entries(json ?? {})) {
    if (value === null) merged.delete(key);
    else if (typeof value === 'string') merged.set(key, value);
    else if (typeof value === 'number' || typeof value === 'boolean') merged.set(key, String(value));
    else throw invalid(`Invalid value for metadata.${key}: it is not a string.`);
  }
  return merged.size === 0 ? undefined : Object.fromEntries(merged);
}
