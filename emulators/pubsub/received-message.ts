import type { Delivery } from './subscription.ts';
import { fromMs, type ReceivedMessage, type SubscriptionConfig } from './wire.ts';

/** A delivery as Pull and StreamingPull send it. */
export function receivedMessage({ ackId, message, attempt }: Delivery, config: SubscriptionConfig): ReceivedMessage {
  return {
    ackId,
    message: {
      data: Buffer.from(message.data, 'base64'),
      attributes: message.attributes,
      messageId: message.id,
      publishTime: fromMs(message.publishedAt),
    },
    deliveryAttempt: config.deadLetterPolicy === undefined ? 0 : attempt,
  };
}
