import { checkNumber, checkTopic, merge, UPDATABLE_TOPIC_FIELDS } from './config.ts';
import { invalidArgument } from './errors.ts';
import { checkName, page } from './names.ts';
import type { Draft } from './records.ts';
import type { State } from './state.ts';
import { unary } from './unary.ts';
import type { PageRequest, PublishRequest, PubsubMessage, Topic, UpdateMask } from './wire.ts';

/** The service's limits: https://cloud.google.com/pubsub/quotas, in bytes of UTF-8 or pieces. */
const LIMITS = {
  requestBytes: 10_000_000,
  messages: 1000,
  attributes: 100,
  attributeKeyBytes: 256,
  attributeValueBytes: 1024,
  orderingKeyBytes: 1024,
};

/** The methods of google.pubsub.v1.Publisher; the missing ones are UNIMPLEMENTED. */
export function publisherMethods(state: State) {
  return {
    CreateTopic: unary(async (request: Partial<Topic>) => {
      const topic = checkTopic(request);
      await state.createTopic(topic);
      return topic;
    }),

    GetTopic: unary(({ topic }: { topic?: string }) => state.topic(checkName(topic, 'topics'))),

    ListTopics: unary(({ project = '', ...paging }: { project?: string } & PageRequest) => {
      const mine = [...state.topics.values()].filter(({ name }) => name.startsWith(`${project}/`));
      const { items, nextPageToken } = page(mine, ({ name }) => name, paging);
      return { topics: items, nextPageToken };
    }),

    ListTopicSubscriptions: unary(({ topic, ...paging }: { topic?: string } & PageRequest) => {
      const { name } = state.topic(checkName(topic, 'topics'));
      const names = [...state.subscriptionsOf(name)].map(({ config }) => config.name);
      const { items, nextPageToken } = page(names, (item) => item, paging);
      return { subscriptions: items, nextPageToken };
    }),

    UpdateTopic: unary(async ({ topic = {}, updateMask }: { topic?: Partial<Topic> } & UpdateMask) => {
      const current = state.topic(checkName(topic.name, 'topics'));
      const mask = { resource: 'Topic', updatable: UPDATABLE_TOPIC_FIELDS } as const;
      const updated = checkTopic(merge(current, topic, updateMask?.paths ?? [], mask));
      await state.updateTopic(updated);
      return updated;
    }),

    DeleteTopic: unary(async ({ topic }: { topic?: string }) => {
      await state.deleteTopic(checkName(topic, 'topics'));
      return {};
    }),

    Publish: unary(async ({ topic, messages = [], requestBytes }: PublishRequest) => {
      const name = checkName(topic, 'topics');
      checkNumber('messages', messages.length, 1, LIMITS.messages);
      checkNumber('request_size', requestBytes, 0, LIMITS.requestBytes);
      const drafts = messages.map(draftOf);
      if (drafts.some(({ orderingKey }) => orderingKey !== drafts[0]?.orderingKey)) {
        throw invalidArgument(
          'In a single publish request, all messages must have no ordering key or they must all have the same ordering key.',
        );
      }
      return { messageIds: await state.publish(name, drafts) };
    }),
  };
}

function draftOf({ data, attributes = {}, orderingKey = '' }: PubsubMessage): Draft {
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
  checkNumber('ordering_key', Buffer.byteLength(orderingKey), 0, LIMITS.orderingKeyBytes);
  return { data: data?.toString('base64') ?? '', attributes, orderingKey };
}
