import type { Bucket, NotificationConfig, StoredObject } from './model.ts';

/** Where the links of a resource point. */
export interface Links {
  self: string;
  media: string;
}

/** What the service itself writes, also in notifications. */
export const SERVICE_LINKS: Links = { self: 'https://www.googleapis.com', media: 'https://storage.googleapis.com' };

/** The object resource of the JSON API, keys in the service's order. */
export function objectResource(object: StoredObject, links: Links): Record<string, unknown> {
  const { bucket, name, fields } = object;
  const path = `b/${bucket}/o/${encodeURIComponent(name)}`;
  const { contentType, metadata, ...rest } = fields;
  const created = new Date(object.createdAt).toISOString();
  return {
    kind: 'storage#object',
    id: `${bucket}/${name}/${object.generation}`,
    selfLink: `${links.self}/storage/v1/${path}`,
    name,
    bucket,
    generation: String(object.generation),
    metageneration: '1',
    contentType,
    timeCreated: created,
    updated: created,
    storageClass: 'STANDARD',
    timeStorageClassUpdated: created,
    size: String(object.size),
    md5Hash: object.md5Hash,
    mediaLink: `${links.media}/download/storage/v1/${path}?generation=${object.generation}&alt=media`,
    ...rest,
    crc32c: object.crc32c,
    etag: etagOf(object),
    ...(metadata === undefined ? {} : { metadata }),
  };
}

/** As the service makes it: a protocol buffer of generation (field 1) and metageneration (field 2), base64. */
export function etagOf({ generation }: StoredObject): string {
  return Buffer.from([0x08, ...varint(generation), 0x10, 1]).toString('base64');
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = BigInt(value);
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  bytes.push(Number(rest));
  return bytes;
}

export function bucketResource(bucket: Bucket, links: Links): Record<string, unknown> {
  const created = new Date(bucket.createdAt).toISOString();
  return {
    kind: 'storage#bucket',
    id: bucket.name,
    selfLink: `${links.self}/storage/v1/b/${bucket.name}`,
    name: bucket.name,
    metageneration: '1',
    location: 'US',
    locationType: 'multi-region',
    storageClass: 'STANDARD',
    timeCreated: created,
    updated: created,
    etag: 'CAE=',
    ...bucket.fields,
  };
}

export function configResource(bucket: string, config: NotificationConfig, links: Links): Record<string, unknown> {
  return {
    kind: 'storage#notification',
    id: config.id,
    selfLink: `${links.self}/storage/v1/b/${bucket}/notificationConfigs/${config.id}`,
    topic: `//pubsub.googleapis.com/${config.topic}`,
    payload_format: config.payloadFormat,
    etag: config.id,
    ...(config.eventTypes && { event_types: config.eventTypes }),
    ...(config.objectNamePrefix !== undefined && { object_name_prefix: config.objectNamePrefix }),
    ...(config.customAttributes && { custom_attributes: config.customAttributes }),
  };
}
