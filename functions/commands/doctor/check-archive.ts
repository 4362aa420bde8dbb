import { type NotificationMetadata, Storage } from '@google-cloud/storage';
import { ANSWER_MS, type Check, presence, unlessMissing } from './check.ts';

export interface ArchiveOptions {
  projectId: string;
  bucket: string;
  /** The mesh's topic for finalized objects. */
  notificationTopic: string;
}

/** The bucket, and that it tells of its objects. */
export async function checkArchive({ projectId, bucket: name, notificationTopic }: ArchiveOptions): Promise<Check[]> {
  const storage = new Storage({ projectId, timeout: ANSWER_MS, retryOptions: { autoRetry: false } });
  const bucket = storage.bucket(name);
  const what = `bucket ${name}`;
  if ((await unlessMissing(bucket.getMetadata(), 404)) === undefined) return [presence(what, false)];
  const [notifications] = await bucket.getNotifications();
  const topic = `projects/${projectId}/topics/${notificationTopic}`;
  const found = notifications
    .map(({ metadata }) => metadata as NotificationMetadata & { topic?: string })
    .filter((metadata) => metadata.topic?.endsWith(`/${topic}`))
    .map(notificationText);
  return [
    presence(what, true),
    {
      what: `${what}, notification to topic ${notificationTopic}`,
      expected: notificationText({ event_types: ['OBJECT_FINALIZE'], payload_format: 'JSON_API_V1' }),
      actual: found.join(' and ') || 'none',
    },
  ];
}

function notificationText({
  event_types: types,
  object_name_prefix: prefix,
  payload_format: format,
}: NotificationMetadata) {
  const events = types?.length ? types.join(', ') : 'every event';
  return `${events} of ${prefix ? `objects under ${prefix}` : 'every object'} as ${format}`;
}
