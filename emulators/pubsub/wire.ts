import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { loadPackageDefinition, type MethodDefinition, type ServiceDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

/** google.protobuf.Duration and Timestamp as the proto loader gives them (`longs: String`); a field may be absent when 0. */
export interface Seconds {
  seconds?: string;
  nanos?: number;
}

export interface Topic {
  name: string;
  labels?: Record<string, string>;
}

export interface PushConfig {
  pushEndpoint?: string;
  attributes?: Record<string, string>;
  oidcToken?: { serviceAccountEmail?: string; audience?: string };
  pubsubWrapper?: object;
  noWrapper?: object;
}

export interface RetryPolicy {
  minimumBackoff: Seconds;
  maximumBackoff: Seconds;
}

export interface DeadLetterPolicy {
  deadLetterTopic: string;
  maxDeliveryAttempts: number;
}

export interface SubscriptionConfig {
  name: string;
  /** `_deleted-topic_` once the topic is gone. */
  topic: string;
  pushConfig: PushConfig;
  ackDeadlineSeconds: number;
  messageRetentionDuration: Seconds;
  labels?: Record<string, string>;
  expirationPolicy: { ttl?: Seconds };
  filter?: string;
  deadLetterPolicy?: DeadLetterPolicy;
  retryPolicy?: RetryPolicy;
}

export interface PubsubMessage {
  data?: Buffer;
  attributes?: Record<string, string>;
  messageId?: string;
  publishTime?: Seconds;
  orderingKey?: string;
}

export interface ReceivedMessage {
  ackId: string;
  message: PubsubMessage;
  deliveryAttempt: number;
}

export interface PublishRequest {
  topic?: string;
  messages?: PubsubMessage[];
  /** Not on the wire: how long the request was there. */
  requestBytes: number;
}

export interface PageRequest {
  pageSize?: number;
  pageToken?: string;
}

export interface UpdateMask {
  updateMask?: { paths?: string[] };
}

export interface StreamingPullRequest {
  subscription?: string;
  ackIds?: string[];
  modifyDeadlineSeconds?: number[];
  modifyDeadlineAckIds?: string[];
  streamAckDeadlineSeconds?: number;
  maxOutstandingMessages?: string;
  maxOutstandingBytes?: string;
}

export interface StreamingPullResponse {
  receivedMessages: ReceivedMessage[];
  subscriptionProperties: { exactlyOnceDeliveryEnabled: boolean; messageOrderingEnabled: boolean };
}

export const toMs = ({ seconds = '0', nanos = 0 }: Seconds): number => Number(seconds) * 1000 + nanos / 1e6;

export const fromMs = (ms: number): Seconds => ({
  seconds: String(Math.floor(ms / 1000)),
  nanos: Math.round((ms - Math.floor(ms / 1000) * 1000) * 1e6),
});

/**
 * The gRPC definitions of the two services, from the protos that the official client ships; methods without a handler
 * answer UNIMPLEMENTED. Publish requests carry `requestBytes`.
 */
export function loadServices(): { publisher: ServiceDefinition; subscriber: ServiceDefinition } {
  const client = createRequire(import.meta.url).resolve('@google-cloud/pubsub');
  const gax = createRequire(client).resolve('google-gax');
  const definition = loadSync('google/pubsub/v1/pubsub.proto', {
    includeDirs: [protosBeside(client), protosBeside(gax)],
    longs: String,
    enums: String,
    oneofs: true,
  });
  const publisher = serviceOf(definition, 'google.pubsub.v1.Publisher');
  const publish = publisher.Publish as MethodDefinition<PublishRequest, unknown>;
  return {
    publisher: {
      ...publisher,
      Publish: {
        ...publish,
        requestDeserialize: (bytes) => ({ ...publish.requestDeserialize(bytes), requestBytes: bytes.length }),
      } as MethodDefinition<PublishRequest, unknown>,
    },
    subscriber: serviceOf(definition, 'google.pubsub.v1.Subscriber'),
  };
}

/** Both packages keep their protos in build/protos, beside the compiled entry; their exports hide package.json. */
function protosBeside(entry: string): string {
  const folders = dirname(entry).split(sep);
  return join(folders.slice(0, folders.lastIndexOf('build') + 1).join(sep), 'protos');
}

function serviceOf(definition: ReturnType<typeof loadSync>, name: string): ServiceDefinition {
  let found: unknown = loadPackageDefinition(definition);
  for (const part of name.split('.')) found = (found as Record<string, unknown>)[part];
  return (found as { service: ServiceDefinition }).service;
}
