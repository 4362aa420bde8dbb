import { checkNumber, checkPushConfig, checkSubscription, merge, refusePull } from './config.ts';
import { invalidArgument, pullOfPush } from './errors.ts';
import type { Methods, SUBSCRIBER_METHODS } from './methods.ts';
import { checkName, page } from './names.ts';
import { pull } from './pull.ts';
import type { Pusher } from './push.ts';
import type { State } from './state.ts';
import { type Acknowledgements, streamingPull } from './streaming-pull.ts';
import type { Subscription } from './subscription.ts';
import { unary } from './unary.ts';
import type { PageRequest, PushConfig, SubscriptionConfig, UpdateMask } from './wire.ts';

interface Named {
  subscription?: string;
}

/** The handlers of google.pubsub.v1.Subscriber. */
export function subscriberMethods(state: State, pusher: Pusher) {
  const acknowledgements = acknowledgementsOf(state);
  return {
    ...configurationMethods(state, pusher),

    Acknowledge: unary(({ subscription, ackIds = [] }: Named & { ackIds?: string[] }) => {
      acknowledgements.acknowledge(find(state, subscription), ackIds);
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
  } satisfies Methods<typeof SUBSCRIBER_METHODS>;
}

function configurationMethods(state: State, pusher: Pusher) {
  return {
    CreateSubscription: unary((request: Partial<SubscriptionConfig>) => {
      const config = checkSubscription(request);
      state.createSubscription(config);
      pusher.attach(state.subscription(config.name));
      return shown(config);
    }),

    GetSubscription: unary(({ subscription }: Named) => shown(find(state, subscription).config)),

    ListSubscriptions: unary(({ project = '', ...paging }: { project?: string } & PageRequest) => {
      const configs = [...state.subscriptions.values()].map(({ config }) => config);
      const mine = configs.filter(({ name }) => name.startsWith(`${project}/`));
      const { items, nextPageToken } = page(mine, ({ name }) => name, paging);
      return { subscriptions: items.map((config) => shown(config)), nextPageToken };
    }),

    UpdateSubscription: unary(
      ({ subscription = {}, updateMask }: { subscription?: Partial<SubscriptionConfig> } & UpdateMask) => {
        const found = find(state, subscription.name);
        const paths = updateMask?.paths ?? [];
        const config = checkSubscription(merge(found.config, subscription, paths));
        if (config.deadLetterPolicy && paths.includes('dead_letter_policy')) {
          state.topic(config.deadLetterPolicy.deadLetterTopic);
        }
        state.updateSubscription(found, config);
        if (paths.includes('push_config')) repoint(pusher, found);
        return shown(config);
      },
    ),

    DeleteSubscription: unary(({ subscription }: Named) => {
      state.deleteSubscription(checkName(subscription, 'subscriptions'));
      return {};
    }),

    ModifyPushConfig: unary(({ subscription, pushConfig = {} }: Named & { pushConfig?: PushConfig }) => {
      const found = find(state, subscription);
      state.updateSubscription(found, { ...found.config, pushConfig: checkPushConfig(pushConfig) });
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
    acknowledge(subscription, ackIds) {
      checkAckIds(ackIds);
      state.remove(subscription, subscription.messagesOf(ackIds));
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
const shown = (config: SubscriptionConfig) => ({ ...config, state: 'ACTIVE' });
