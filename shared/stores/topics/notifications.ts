import { openTopic, type TopicOptions } from './topics.ts';

/** What the archive's bucket tells of its objects. */
export interface Notifications {
  /** Tells of an object as Cloud Storage does once it is written, so that its event goes through the functions again. */
  publish(object: string): Promise<void>;
  /** Sends what is waiting and lets go of the connection. */
  close(): Promise<void>;
}

/** The topic of the archive's notifications: `notificationTopic` of mesh.json. */
export const OBJECTS_TOPIC = 'objects';

export interface NotificationOptions extends Pick<TopicOptions, 'projectId'> {
  /** The archive's. */
  bucket: string;
}

export function openNotifications({ projectId, bucket }: NotificationOptions): Notifications {
  const topic = openTopic<{ kind: string; bucket: string; name: string }>({ projectId, topic: OBJECTS_TOPIC });
  return {
    // what no function reads of the object's resource is left out; without data the framework would not convert the push
    publish: (name) =>
      topic.publish(
        { kind: 'storage#object', bucket, name },
        { bucketId: bucket, objectId: name, eventType: 'OBJECT_FINALIZE', payloadFormat: 'JSON_API_V1' },
      ),
    close: topic.close,
  };
}
