import type { ServerDuplexStream } from '@grpc/grpc-js';
import { checkNumber, refusePull } from './config.ts';
import { invalidArgument, type RpcError, statusOf } from './errors.ts';
import { MAX_RESPONSE_BYTES } from './pull.ts';
import { receivedMessage } from './received-message.ts';
import type { State } from './state.ts';
import type { Consumer, Delivery, Subscription } from './subscription.ts';
import type { ReceivedMessage, StreamingPullRequest, StreamingPullResponse } from './wire.ts';

/** Messages in one response. */
const MAX_BATCH = 1000;

/** What pull methods do with acknowledgements; both refuse malformed ids. */
export interface Acknowledgements {
  acknowledge(subscription: Subscription, ackIds: readonly string[]): void;
  modifyAckDeadline(subscription: Subscription, ackIds: readonly string[], seconds: number): void;
}

type Call = ServerDuplexStream<StreamingPullRequest, StreamingPullResponse>;

/** Serves a StreamingPull call until the client goes, the subscription ends, or a request is wrong. */
export function streamingPull(state: State, acknowledgements: Acknowledgements) {
  return (call: Call): void => {
    let stream: Stream | undefined;
    let over = false;
    const fail = (error: unknown) => {
      stream?.leave();
      if (!over) call.emit('error', statusOf(error));
      over = true;
    };
    call.on('data', (request: StreamingPullRequest) => {
      if (over) return;
      try {
        if (stream === undefined) {
          stream = new Stream(call, state.subscription(request.subscription ?? ''), request, fail);
          stream.join();
        } else {
          checkLaterRequest(request);
        }
        stream.receive(request, acknowledgements);
      } catch (error) {
        fail(error);
      }
    });
    call.on('cancelled', () => stream?.leave());
    call.on('end', () => {
      stream?.leave();
      call.end();
    });
  };
}

function checkLaterRequest({ subscription, maxOutstandingMessages, maxOutstandingBytes }: StreamingPullRequest): void {
  if (subscription || maxOutstandingMessages || maxOutstandingBytes) {
    throw invalidArgument('The subscription and the flow control can only be set by the first request of a stream.');
  }
}

class Stream implements Consumer {
  #call: Call;
  #subscription: Subscription;
  #fail: (error: RpcError) => void;
  #deadlineSeconds: number;
  #max: { messages: number; bytes: number };
  /** What the client has and has not settled. */
  #out = new Set<Delivery>();
  #outBytes = 0;
  #batch: ReceivedMessage[] = [];
  #batchBytes = 0;
  /** The connection has more to send than it takes now. */
  #blocked = false;

  constructor(call: Call, subscription: Subscription, first: StreamingPullRequest, fail: (error: RpcError) => void) {
    refusePull(subscription.config);
    this.#call = call;
    this.#subscription = subscription;
    this.#fail = fail;
    this.#deadlineSeconds = checkStreamDeadline(first.streamAckDeadlineSeconds ?? 0);
    this.#max = { messages: limitOf(first.maxOutstandingMessages), bytes: limitOf(first.maxOutstandingBytes) };
    call.on('drain', () => {
      this.#blocked = false;
      subscription.schedule();
    });
  }

  join(): void {
    this.#subscription.addConsumer(this);
  }

  leave(): void {
    this.#subscription.removeConsumer(this);
  }

  /** An empty request is a keep-alive. */
  receive(request: StreamingPullRequest, acknowledgements: Acknowledgements): void {
    const { ackIds = [], modifyDeadlineAckIds = [], modifyDeadlineSeconds = [], streamAckDeadlineSeconds } = request;
    if (streamAckDeadlineSeconds) this.#deadlineSeconds = checkStreamDeadline(streamAckDeadlineSeconds);
    if (modifyDeadlineAckIds.length !== modifyDeadlineSeconds.length) {
      throw invalidArgument('modify_deadline_ack_ids and modify_deadline_seconds must be of the same length.');
    }
    modifyDeadlineAckIds.forEach((ackId, index) => {
      acknowledgements.modifyAckDeadline(this.#subscription, [ackId], modifyDeadlineSeconds[index] ?? 0);
    });
    if (ackIds.length > 0) acknowledgements.acknowledge(this.#subscription, ackIds);
  }

  hasRoom(): boolean {
    return !this.#blocked && this.#out.size < this.#max.messages && this.#outBytes < this.#max.bytes;
  }

  ackDeadlineMs(): number {
    return this.#deadlineSeconds * 1000;
  }

  deliver(delivery: Delivery): void {
    if (this.#batch.length === MAX_BATCH || this.#batchBytes + delivery.message.bytes > MAX_RESPONSE_BYTES)
      this.flush();
    this.#out.add(delivery);
    this.#outBytes += delivery.message.bytes;
    this.#batch.push(receivedMessage(delivery, this.#subscription.config));
    this.#batchBytes += delivery.message.bytes;
  }

  flush(): void {
    if (this.#batch.length === 0) return;
    const response = {
      receivedMessages: this.#batch,
      subscriptionProperties: { exactlyOnceDeliveryEnabled: false, messageOrderingEnabled: false },
    };
    this.#batch = [];
    this.#batchBytes = 0;
    this.#blocked = !this.#call.write(response);
  }

  settled(delivery: Delivery): void {
    if (this.#out.delete(delivery)) this.#outBytes -= delivery.message.bytes;
  }

  end(reason: RpcError): void {
    this.#fail(reason);
  }
}

const checkStreamDeadline = (seconds: number) => checkNumber('stream_ack_deadline_seconds', seconds, 10, 600);

/** 0, negative and absent mean no limit. */
const limitOf = (value: string | undefined) => (Number(value ?? 0) > 0 ? Number(value) : Number.POSITIVE_INFINITY);
