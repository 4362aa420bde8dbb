import type { Draft, Message } from './message.ts';
import { idOf, projectOf } from './names.ts';

/** What the service publishes to the dead letter topic: the message as it was, and four attributes about its end. */
export function deadLetterOf(subscription: string, { data, attributes, publishedAt }: Message, count: number): Draft {
  return {
    data,
    attributes: {
      ...attributes,
      CloudPubSubDeadLetterSourceDeliveryCount: String(count),
      CloudPubSubDeadLetterSourceSubscription: idOf(subscription),
      CloudPubSubDeadLetterSourceSubscriptionProject: projectOf(subscription),
      CloudPubSubDeadLetterSourceTopicPublishTime: new Date(publishedAt).toISOString().replace('Z', '+00:00'),
    },
  };
}
