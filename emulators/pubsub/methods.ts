/** What is served of google.pubsub.v1.Publisher; the other methods are UNIMPLEMENTED. */
export const PUBLISHER_METHODS = ['CreateTopic', 'DeleteTopic', 'GetTopic', 'ListTopics', 'Publish'] as const;

/** What is served of google.pubsub.v1.Subscriber; the other methods are UNIMPLEMENTED. */
export const SUBSCRIBER_METHODS = [
  'Acknowledge',
  'CreateSubscription',
  'DeleteSubscription',
  'GetSubscription',
  'ListSubscriptions',
  'ModifyAckDeadline',
  'ModifyPushConfig',
  'Pull',
  'StreamingPull',
  'UpdateSubscription',
] as const;

/** Just these methods, each with its handler. */
export type Methods<Names extends readonly string[]> = Record<Names[number], unknown>;
