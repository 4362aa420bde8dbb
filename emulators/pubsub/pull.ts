import { receivedMessage } from './received-message.ts';
import type { Consumer, Delivery, Subscription } from './subscription.ts';
import type { ReceivedMessage } from './wire.ts';

/** How long a Pull waits for a first message before it answers with none, as the service may at any time. */
const PULL_WAIT_MS = 50;
/** A response carries no more than this, one message excepted: clients limit what they receive. */
export const MAX_RESPONSE_BYTES = 3 * 1024 * 1024;

/**
 * Serves one Pull: what is ready at once, or else the first that comes within a while. `onGone` is told what to do
 * when the client goes away.
 */
export function pull(
  subscription: Subscription,
  { maxMessages, wait }: { maxMessages: number; wait: boolean },
  onGone: (leave: () => void) => void,
): Promise<ReceivedMessage[]> {
  return new Promise((resolve, reject) => {
    const taken: Delivery[] = [];
    let bytes = 0;
    const leave = () => {
      clearTimeout(timer);
      subscription.removeConsumer(puller);
    };
    const answer = () => {
      leave();
      resolve(taken.map((delivery) => receivedMessage(delivery, subscription.config)));
    };
    const puller: Consumer = {
      hasRoom: () => taken.length < maxMessages && bytes < MAX_RESPONSE_BYTES,
      ackDeadlineMs: () => subscription.config.ackDeadlineSeconds * 1000,
      deliver(delivery) {
        taken.push(delivery);
        bytes += delivery.message.bytes;
      },
      flush() {
        if (taken.length > 0) answer();
      },
      settled() {},
      end(reason) {
        leave();
        reject(reason);
      },
    };
    const timer = setTimeout(answer, wait ? PULL_WAIT_MS : 0);
    onGone(answer);
    subscription.addConsumer(puller);
    subscription.deal();
  });
}
