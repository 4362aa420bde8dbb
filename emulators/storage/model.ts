/** What a client may set on an object, as it came. */
export interface ObjectFields {
  contentType: string;
  cacheControl?: string;
  contentDisposition?: string;
  contentLanguage?: string;
  metadata?: Record<string, string>;
}

/** A live object without its bytes. `createdAt` is epoch milliseconds; the generation epoch microseconds, unique and rising. */
export interface StoredObject {
  bucket: string;
  name: string;
  generation: number;
  size: number;
  md5Hash: string;
  crc32c: string;
  createdAt: number;
  fields: ObjectFields;
}

/** `fields` is what the client set at creation (location, storageClass, labels …), as it came. */
export interface Bucket {
  name: string;
  project: string;
  createdAt: number;
  fields: Record<string, unknown>;
  /** Notification configs made so far: an id is never used twice. */
  configsMade: number;
  configs: NotificationConfig[];
}

export interface NotificationConfig {
  id: string;
  /** `projects/P/topics/T` */
  topic: string;
  payloadFormat: 'JSON_API_V1' | 'NONE';
  /** Absent: all of them. */
  eventTypes?: string[];
  objectNamePrefix?: string;
  customAttributes?: Record<string, string>;
}

/** A notification that has yet to be published. */
export interface Notice {
  /** Rising. */
  id: number;
  /** `projects/P/topics/T` */
  topic: string;
  attributes: Record<string, string>;
  /** The message's data; empty for payload format NONE. */
  data: string;
}
