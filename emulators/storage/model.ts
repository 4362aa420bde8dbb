import type { Conditions } from './conditions.ts';

/** Where some bytes of an object are. One record of it is shared by all who need it, and written into when they are moved. */
export interface Part {
  segment: number;
  offset: number;
  length: number;
}

/** What a client may set on an object. */
export interface ObjectFields {
  contentType: string;
  storageClass: string;
  contentEncoding?: string;
  contentDisposition?: string;
  contentLanguage?: string;
  cacheControl?: string;
  metadata?: Record<string, string>;
}

/** A live object. Times are epoch milliseconds; the generation is in epoch microseconds, unique and rising. */
export interface StoredObject {
  bucket: string;
  name: string;
  generation: number;
  metageneration: number;
  size: number;
  md5Hash: string;
  crc32c: string;
  createdAt: number;
  updatedAt: number;
  fields: ObjectFields;
  parts: Part[];
  /** The resumable upload that made it: a client that lost the answer asks for it again. */
  uploadId?: string;
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

/** A resumable upload that has not ended. */
export interface Session {
  id: string;
  bucket: string;
  name: string;
  fields: ObjectFields;
  conditions: Conditions;
  /** Hashes that the client declared at the start, as in the object resource. */
  declared: { md5Hash?: string; crc32c?: string };
  createdAt: number;
  parts: Part[];
}

/** A notification that has yet to be published. */
export interface Notice {
  id: number;
  /** `projects/P/topics/T` */
  topic: string;
  attributes: Record<string, string>;
  /** The message's data; empty for payload format NONE. */
  data: string;
}

/** What the journal holds, one change of the state each. */
export type JournalRecord =
  | { type: 'bucket'; bucket: Bucket }
  | { type: 'bucket-deleted'; name: string }
  | { type: 'object'; object: StoredObject; notices?: Notice[] }
  | { type: 'object-deleted'; bucket: string; name: string; notices?: Notice[] }
  | { type: 'session'; session: Session }
  | { type: 'part'; session: string; part: Part }
  | { type: 'session-ended'; session: string }
  | { type: 'notice'; notice: Notice }
  | { type: 'published'; notice: number }
  | { type: 'counters'; generation: number; notice: number };

/** Bytes that came in so far. */
export function lengthOf(parts: readonly Part[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}
