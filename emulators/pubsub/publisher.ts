import { checkNumber, checkTopic } from './config.ts';
import { invalidArgument, unsupported } from './errors.ts';
import type { Draft } from './message.ts';
import type { Methods, PUBLISHER_METHODS } from './methods.ts';
import { checkName, page } from './names.ts';
import type { State } from './state.ts';
import { unary } from './unary.ts';
import type { PageRequest, PublishRequest, PubsubMessage, Topic } from './wire.ts';

/** The service's limits: https://cloud.google.com/pubsub/quotas, in bytes of UTF-8 or pieces. */
const LIMITS = {
  requestBytes: 10_000_000,
  messages: 1000,
  attributes: 100,
  attributeKeyBytes: 256,
  attributeValueBytes: 1024,
};

/** The handlers of google.pubsub.v1.Publisher. */
export function publisherMethods(state: State) {
  return {
    CreateTopic: unary((request: Partial<Topic>) => {
      const topic = checkTopic(request);
      state.createTopic(topic);
      return topic;
    }),

    GetTopic: unary(({ topic }: { topic?: string }) => state.topic(checkName(topic, 'topics'))),

    ListTopics: unary(({ project = '', ...paging }: { project?: string } & PageRequest) => {
      const mine = [...state.topics.values()].filter(({ name }) => name.startsWith(`${project}/`));
      const { items, nextPageToken } = page(mine, ({ name }) => name, paging);
      return { topics: items, nextPageToken };
    }),

    DeleteTopic: unary(({ topic }: { topic?: string }) => {
      state.deleteTopic(checkName(topic, 'topics'));
      return {};
    }),

    Publish: unary(({ topic, messages = [], requestBytes }: PublishRequest) => {
      const name = checkName(topic, 'topics');
      checkNumber('messages', messages.length, 1, LIMITS.messages);
      checkNumber('request_size', requestBytes, 0, LIMITS.requestBytes);
      return { messageIds: state.publish(name, messages.map(draftOf)) };
    }),
  } satisfies Methods<typeof PUBLISHER_METHODS>;
}

function draftOf({ data, attributes = {}, orderingKey }: PubsubMessage): Draft {
  if (orderingKey) throw unsupported('ordering keys');
  const entries = Object.entries(attributes);
  if (!data?.length && entries.length === 0) {
    throw invalidArgument('Some messages are empty: each must contain non-empty data, or at least one attribute.');
  }
  checkNumber('attributes', entries.length, 0, LIMITS.attributes);
  for (const [key, value] of entries) {
    if (key === '' || key.startsWith('goog')) {
      throw invalidArgument(`Invalid attribute key: ${JSON.stringify(key)}. It must not be empty or begin with goog.`);
    }
    checkNumber('attribute key', Buffer.byteLength(key), 1, LIMITS.attributeKeyBytes);
    checkNumber('attribute value', Buffer.byteLength(value), 0, LIMITS.attributeValueBytes);
  }
  return { data: data?.toString('base64') ?? '', attributes };
}
