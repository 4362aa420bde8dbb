import { invalid, notImplemented } from './errors.ts';
import type { ObjectFields } from './model.ts';

const TEXT_FIELDS = ['cacheControl', 'contentDisposition', 'contentLanguage'] as const;

/** Settings that would change how the service treats the object: to keep them without obeying them would be a lie. */
const REFUSED = [
  'acl',
  'contentEncoding',
  'contexts',
  'customTime',
  'eventBasedHold',
  'kmsKeyName',
  'retention',
  'temporaryHold',
];

/** What a client may set, of an object resource that it sent; what the service computes is ignored, as the service does. */
export function readFields(json: Record<string, unknown>): ObjectFields {
  for (const name of REFUSED) if (json[name]) throw notImplemented(`${name} on objects`);
  if (json.storageClass && json.storageClass !== 'STANDARD') throw notImplemented(`the class ${json.storageClass}`);
  const metadata = readMetadata(json.metadata);
  const fields: ObjectFields = { contentType: textOf(json, 'contentType') ?? 'application/octet-stream' };
  for (const name of TEXT_FIELDS) {
    const value = textOf(json, name);
    if (value) fields[name] = value;
  }
  if (Object.keys(metadata).length > 0) fields.metadata = metadata;
  return fields;
}

function textOf(json: Record<string, unknown>, name: string): string | undefined {
  const value = json[name] ?? undefined;
  if (value !== undefined && typeof value !== 'string') throw invalid(`Invalid value for ${name}: it is not a string.`);
  return value;
}

function readMetadata(json: unknown): Record<string, string> {
  if (json === undefined || json === null) return {};
  if (typeof json !== 'object' || Array.isArray(json))
    throw invalid('Invalid value for metadata: it is not an object.');
  const entries: [string, string][] = [];
  for (const [key, value] of Object.entries(json)) {
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
      entries.push([key, String(value)]);
    } else if (value !== null) throw invalid(`Invalid value for metadata.${key}: it is not a string.`);
  }
  return Object.fromEntries(entries);
}
