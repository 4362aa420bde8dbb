import { type Call, nameAt, type Reply, readJson, refuse } from './call.ts';
import { readNumber } from './conditions.ts';
import { conflict, invalid, notFound, notImplemented, required } from './errors.ts';
import { listPage, MAX_PAGE } from './listing.ts';
import type { Bucket, NotificationConfig } from './model.ts';
import { EVENT_TYPES } from './notices.ts';
import { bucketResource, configResource } from './resource.ts';

/** What a bucket may be created with: kept and given back, without an effect that the emulator would owe. */
const KEPT_FIELDS = ['location', 'storageClass', 'labels', 'iamConfiguration'];
/** The service's limit. */
const MAX_CONFIGS = 100;
const TOPIC = /^(?:\/\/pubsub\.googleapis\.com\/)?(projects\/[^/]+\/topics\/[^/]+)$/;

/** `POST /b?project=P` */
export async function createBucket(call: Call): Promise<Reply> {
  const json = await readJson(call.request);
  const { name } = json;
  if (typeof name !== 'string' || name === '') throw required('Required');
  if (!/^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/.test(name)) throw invalid(`Invalid bucket name: '${name}'`);
  const fields: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(json)) {
    if (key === 'name' || !value) continue;
    if (!KEPT_FIELDS.includes(key)) throw notImplemented(`${key} on buckets`);
    fields[key] = key === 'location' ? String(value).toUpperCase() : value;
  }
  if (call.store.buckets.has(name)) {
    throw conflict('Your previous request to create the named bucket succeeded and you already own it.');
  }
  const project = call.query.get('project') ?? '';
  const bucket: Bucket = { name, project, createdAt: Date.now(), fields, configsMade: 0, configs: [] };
  call.store.putBucket(bucket);
  return { status: 200, json: bucketResource(bucket, call.links) };
}

/** `GET /b?project=P` */
export function listBuckets({ store, query, links }: Call): Reply {
  const project = query.get('project') ?? '';
  const from = query.get('pageToken') ?? '';
  const max = Math.min(readNumber(query, 'maxResults') || MAX_PAGE, MAX_PAGE);
  const found = [...store.buckets.entries()]
    .map(([, bucket]) => bucket)
    .filter((b) => b.project === project && b.name.startsWith(query.get('prefix') ?? '') && b.name >= from);
  const next = found[max];
  const items = found.slice(0, max).map((bucket) => bucketResource(bucket, links));
  const json = {
    kind: 'storage#buckets',
    ...(next && { nextPageToken: next.name }),
    ...(items.length > 0 && { items }),
  };
  return { status: 200, json };
}

/** `GET /b/B` */
export function getBucket(call: Call): Reply {
  refuseBucketConditions(call);
  return { status: 200, json: bucketResource(call.store.bucket(nameAt(call, 0)), call.links) };
}

/** `GET /b/B/storageLayout`: no folders but those that names make; gcloud asks before it removes a prefix. */
export function getStorageLayout(call: Call): Reply {
  const { name, location, locationType } = bucketResource(call.store.bucket(nameAt(call, 0)), call.links);
  return { status: 200, json: { kind: 'storage#storageLayout', bucket: name, location, locationType } };
}

/** `DELETE /b/B`: only an empty one, as the service does. */
export function deleteBucket(call: Call): Reply {
  refuseBucketConditions(call);
  const bucket = call.store.bucket(nameAt(call, 0));
  if (listPage(call.store, bucket.name, { maxResults: 1 }).objects.length > 0)
    throw conflict('The bucket you tried to delete is not empty.');
  call.store.removeBucket(bucket.name);
  return { status: 204 };
}

function refuseBucketConditions(call: Call): void {
  refuse(call, ['ifMetagenerationMatch', 'ifMetagenerationNotMatch', 'generation', 'softDeleted']);
}

/** `POST /b/B/notificationConfigs` */
export async function createConfig(call: Call): Promise<Reply> {
  const json = await readJson(call.request);
  if (!call.store.publishes) throw notImplemented('notifications unless it was started with PUBSUB_EMULATOR_HOST set');
  const bucket = call.store.bucket(nameAt(call, 0));
  if (bucket.configs.length >= MAX_CONFIGS) throw invalid(`A bucket has at most ${MAX_CONFIGS} notification configs.`);
  const config = readConfig(json, String(bucket.configsMade + 1));
  call.store.putBucket({ ...bucket, configsMade: bucket.configsMade + 1, configs: [...bucket.configs, config] });
  return { status: 200, json: configResource(bucket.name, config, call.links) };
}

function readConfig(json: Record<string, unknown>, id: string): NotificationConfig {
  const {
    topic,
    payload_format: format,
    event_types: types,
    object_name_prefix: prefix,
    custom_attributes: custom,
  } = json;
  const match = TOPIC.exec(typeof topic === 'string' ? topic : '');
  if (match?.[1] === undefined) throw invalid(`Invalid Cloud Pub/Sub topic name: ${topic}`);
  if (format !== 'JSON_API_V1' && format !== 'NONE') throw invalid(`Invalid payload_format: ${format}`);
  const config: NotificationConfig = { id, topic: match[1], payloadFormat: format };
  if (types !== undefined && types !== null) {
    if (!Array.isArray(types) || !types.every((type) => EVENT_TYPES.includes(type))) {
      throw invalid(`Invalid event_types: ${types}`);
    }
    if (types.length > 0) config.eventTypes = types;
  }
  if (prefix !== undefined && prefix !== null) {
    if (typeof prefix !== 'string') throw invalid('Invalid object_name_prefix');
    config.objectNamePrefix = prefix;
  }
  if (custom !== undefined && custom !== null) config.customAttributes = readAttributes(custom);
  return config;
}

function readAttributes(json: unknown): Record<string, string> {
  const entries = typeof json === 'object' && json !== null ? Object.entries(json) : [];
  for (const [key, value] of entries) {
    // Pub/Sub would refuse each message for ever
    if (typeof value !== 'string' || key.length > 256 || value.length > 1024 || key.startsWith('goog')) {
      throw invalid(`Invalid custom_attributes: ${key}`);
    }
  }
  return Object.fromEntries(entries);
}

/** `GET /b/B/notificationConfigs` */
export function listConfigs(call: Call): Reply {
  const bucket = call.store.bucket(nameAt(call, 0));
  const items = bucket.configs.map((config) => configResource(bucket.name, config, call.links));
  return { status: 200, json: { kind: 'storage#notifications', ...(items.length > 0 && { items }) } };
}

/** `GET /b/B/notificationConfigs/N` */
export function getConfig(call: Call): Reply {
  const { bucket, config } = findConfig(call);
  return { status: 200, json: configResource(bucket.name, config, call.links) };
}

/** `DELETE /b/B/notificationConfigs/N` */
export function deleteConfig(call: Call): Reply {
  const { bucket, config } = findConfig(call);
  const configs = bucket.configs.filter((each) => each !== config);
  call.store.putBucket({ ...bucket, configs });
  return { status: 204 };
}

function findConfig(call: Call): { bucket: Bucket; config: NotificationConfig } {
  const bucket = call.store.bucket(nameAt(call, 0));
  const id = nameAt(call, 1);
  const config = bucket.configs.find((each) => each.id === id);
  if (config === undefined) throw notFound(`The specified notification config ${id} does not exist.`);
  return { bucket, config };
}
