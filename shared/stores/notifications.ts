import { openTopic } from './topics.ts';

/** Tells the functions of an object once more, as Cloud Storage does when it is finalized. */
export interface Notifications {
  /** Resolves once Pub/Sub has the message. Safe to repeat: an event that is processed again changes nothing. */
  publish(name: string): Promise<void>;
  /** Sends what is waiting and lets go of the connection. */
  close(): Promise<void>;
}

/** The topic to which the archive's bucket tells of its objects. */
export const OBJECTS_TOPIC = 'objects';

export function openNotifications({ projectId, bucket }: { projectId: string; bucket: string }): Notifications {
  const topic = openTopic<{ bucket: string; name: string }>({ projectId, topic: OBJECTS_TOPIC });
  return {
    publish: (name) =>
      topic.publish(
        { bucket, name },
        { bucketId: bucket, objectId: name, eventType: 'OBJECT_FINALIZE', payloadFormat: 'JSON_API_V1' },
      ),
    close: () => topic.close(),
  };
}
