import type { Bucket, Notice, NotificationConfig, StoredObject } from './model.ts';
import { objectResource, SERVICE_LINKS } from './resource.ts';

/** The kinds of events that a notification config may name. No object's metadata changes here, and none is archived. */
export const EVENT_TYPES = ['OBJECT_FINALIZE', 'OBJECT_METADATA_UPDATE', 'OBJECT_DELETE', 'OBJECT_ARCHIVE'];

/** Something that happened to an object. */
export interface ObjectEvent {
  type: 'OBJECT_FINALIZE' | 'OBJECT_DELETE';
  object: StoredObject;
  /** Epoch microseconds. */
  atMicros: number;
  /** The generation that this object replaced. */
  overwrote?: number;
  /** The generation that replaced this object. */
  overwrittenBy?: number;
}

/** The notifications that the bucket's configs ask for, as the service writes them. */
export function noticesOf({ configs }: Bucket, events: readonly ObjectEvent[]): Omit<Notice, 'id'>[] {
  return events.flatMap((event) =>
    configs.filter((config) => wants(config, event)).map((config) => messageOf(config, event)),
  );
}

function wants({ eventTypes, objectNamePrefix = '' }: NotificationConfig, { type, object }: ObjectEvent): boolean {
  return (eventTypes?.includes(type) ?? true) && object.name.startsWith(objectNamePrefix);
}

function messageOf(config: NotificationConfig, event: ObjectEvent): Omit<Notice, 'id'> {
  const { bucket, name, generation } = event.object;
  const attributes = {
    ...config.customAttributes,
    notificationConfig: `projects/_/buckets/${bucket}/notificationConfigs/${config.id}`,
    eventType: event.type,
    payloadFormat: config.payloadFormat,
    bucketId: bucket,
    objectId: name,
    objectGeneration: String(generation),
    eventTime: microTime(event.atMicros),
    ...(event.overwrote !== undefined && { overwroteGeneration: String(event.overwrote) }),
    ...(event.overwrittenBy !== undefined && { overwrittenByGeneration: String(event.overwrittenBy) }),
  };
  const resource = () => `${JSON.stringify(objectResource(event.object, SERVICE_LINKS), null, 2)}\n`;
  return { topic: config.topic, attributes, data: config.payloadFormat === 'NONE' ? '' : resource() };
}

/** RFC 3339 with microseconds: `2025-01-08T17:56:06.952527Z`. */
function microTime(micros: number): string {
  const seconds = new Date(Math.floor(micros / 1e6) * 1000).toISOString().slice(0, 19);
  return `${seconds}.${String(micros % 1e6).padStart(6, '0')}Z`;
}
