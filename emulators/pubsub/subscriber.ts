import {
  checkNumber,
  checkPushConfig,
  checkSubscription,
  merge,
  refusePull,
  UPDATABLE_SUBSCRIPTION_FIELDS,
} from './config.ts';
import { invalidArgument, pullOfPush, unsupported } from './errors.ts';
import { checkName, page } from './names.ts';
import { pull } from './pull.ts';
import type { Pusher } from './push.ts';
import type { State } from './state.ts';
import { type Acknowledgements, streamingPull } from './streaming-pull.ts';
import type { Subscription } from './subscription.ts';
import { unary } from './unary.ts';
import {
  type PageRequest,
  type PushConfig,
  type Seconds,
  type SubscriptionConfig,
  toMs,
  type UpdateMask,
} from './wire.ts';

interface Named {
  subscription?: string;
}

/** The methods of google.pubsub.v1.Subscriber; the missing ones (snapshots) are UNIMPLEMENTED. */
export function subscriberMethods(state: State, pusher: Pusher) {
  const acknowledgements = acknowledgementsOf(state);
  return {
    ...configurationMethods(state, pusher),

    Acknowledge: unary(async ({ subscription, ackIds = [] }: Named & { ackIds?: string[] }) => {
      await acknowledgements.acknowledge(find(state, subscription), ackIds);
      return {};
    }),

    ModifyAckDeadline: unary((request: Named & { ackIds?: string[]; ackDeadlineSeconds?: number }) => {
      const { subscription, ackIds = [], ackDeadlineSeconds = 0 } = request;
      acknowledgements.modifyAckDeadline(find(state, subscription), ackIds, ackDeadlineSeconds);
      return {};
    }),

    Pull: unary(async (request: Named & { maxMessages?: number; returnImmediately?: boolean }, call) => {
      const subscription = find(state, request.subscription);
      refusePull(subscription.config);
      const maxMessages = checkNumber('max_messages', request.maxMessages ?? 0, 1, Number.POSITIVE_INFINITY);
      const onGone = (leave: () => void) => call.on('cancelled', leave);
      return { receivedMessages: await pull(subscription, { maxMessages, wait: !request.returnImmediately }, onGone) };
    }),

    StreamingPull: streamingPull(state, acknowledgements),

    Seek: unary(async ({ subscription, time }: Named & { time?: Seconds }) => {
      const found = find(state, subscription);
      if (time === undefined) throw unsupported('seeking to a snapshot');
      if (toMs(time) > Date.now()) throw unsupported('seeking to the future');
      // acknowledged messages are not kept: a seek backwards finds none, as on a service that does not retain them
      await state.remove(found, found.publishedBefore(toMs(time)));
      return {};
    }),
  };
}

function configurationMethods(state: State, pusher: Pusher) {
  return {
    CreateSubscription: unary(async (request: Partial<SubscriptionConfig>) => {
      const config = checkSubscription(request);
      await state.createSubscription(config);
      pusher.attach(state.subscription(config.name));
      return shown(state, config);
    }),

    GetSubscription: unary(({ subscription }: Named) => shown(state, find(state, subscription).config)),

    ListSubscriptions: unary(({ project = '', ...paging }: { project?: string } & PageRequest) => {
      const configs = [...state.subscriptions.values()].map(({ config }) => config);
      const mine = configs.filter(({ name }) => name.startsWith(`${project}/`));
      const { items, nextPageToken } = page(mine, ({ name }) => name, paging);
      return { subscriptions: items.map((config) => shown(state, config)), nextPageToken };
    }),

    UpdateSubscription: unary(
      async ({ subscription = {}, updateMask }: { subscription?: Partial<SubscriptionConfig> } & UpdateMask) => {
        const found = find(state, subscription.name);
        const mask = { resource: 'Subscription', updatable: UPDATABLE_SUBSCRIPTION_FIELDS } as const;
        const paths = updateMask?.paths ?? [];
        const config = checkSubscription(merge(found.config, subscription, paths, mask));
        if (config.deadLetterPolicy && paths.includes('dead_letter_policy')) {
          state.topic(config.deadLetterPolicy.deadLetterTopic);
        }
        await state.updateSubscription(found, config);
        if (paths.includes('push_config')) repoint(pusher, found);
        return shown(state, config);
      },
    ),

    DeleteSubscription: unary(async ({ subscription }: Named) => {
      await state.deleteSubscription(checkName(subscription, 'subscriptions'));
      return {};
    }),

    ModifyPushConfig: unary(async ({ subscription, pushConfig = {} }: Named & { pushConfig?: PushConfig }) => {
      const found = find(state, subscription);
      await state.updateSubscription(found, { ...found.config, pushConfig: checkPushConfig(pushConfig) });
      repoint(pusher, found);
      return {};
    }),
  };
}

/** Follows a change of the push configuration, also to the same endpoint: it may have come back. */
function repoint(pusher: Pusher, subscription: Subscription): void {
  if (subscription.config.pushConfig.pushEndpoint) subscription.endConsumers(pullOfPush());
  pusher.attach(subscription);
}

function acknowledgementsOf(state: State): Acknowledgements {
  return {
    async acknowledge(subscription, ackIds) {
      checkAckIds(ackIds);
      await state.remove(subscription, subscription.messagesOf(ackIds));
    },
    modifyAckDeadline(subscription, ackIds, seconds) {
      checkAckIds(ackIds);
      checkNumber('ack_deadline_seconds', seconds, 0, 600);
      for (const ackId of ackIds) subscription.modifyAckDeadline(ackId, seconds);
    },
  };
}

function checkAckIds(ackIds: readonly string[]): void {
  if (ackIds.length === 0) throw invalidArgument('No ack ids specified.');
  const wrong = ackIds.find((ackId) => !/^[0-9a-z]+-[0-9a-z]+$/.test(ackId));
  if (wrong !== undefined) throw invalidArgument(`You have passed an invalid ack ID to the service (ack_id=${wrong}).`);
}

const find = (state: State, name: string | undefined) => state.subscription(checkName(name, 'subscriptions'));

/** A configuration as clients see it. */
function shown(state: State, config: SubscriptionConfig) {
  const retention = state.topics.get(config.topic)?.messageRetentionDuration;
  return { ...config, state: 'ACTIVE', ...(retention && { topicMessageRetentionDuration: retention }) };
}
