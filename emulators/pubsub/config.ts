import { invalidArgument, pullOfPush, unsupported } from './errors.ts';
import { parseFilter } from './filter.ts';
import { checkName } from './names.ts';
import { fromMs, type PushConfig, type Seconds, type SubscriptionConfig, type Topic, toMs } from './wire.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const RETENTION_MS = { min: 10 * MINUTE_MS, max: 31 * DAY_MS };
/** The largest google.protobuf.Duration. */
const MAX_DURATION_MS = 315_576_000_000_000;
const DEFAULT_RETENTION = fromMs(7 * DAY_MS);
const DEFAULT_TTL = fromMs(31 * DAY_MS);
const BACKOFF_MS = { min: 0, max: 600_000 };
const DEFAULT_BACKOFF = { minimumBackoff: fromMs(10_000), maximumBackoff: fromMs(600_000) };
const DEFAULT_ACK_DEADLINE_SECONDS = 10;
const DEFAULT_DELIVERY_ATTEMPTS = 5;

/** A topic as asked for, checked. Fields that this emulator does not serve are refused with UNIMPLEMENTED. */
export function checkTopic(asked: Partial<Topic>): Topic {
  refuseOthers(asked, ['name', 'labels', 'state'], 'topics');
  return { name: checkName(asked.name, 'topics'), ...(asked.labels && { labels: asked.labels }) };
}

/**
 * A subscription as asked for, with the service's defaults, checked against the service's ranges (those of
 * pubsub.proto). Whether the topics exist is not looked at.
 */
export function checkSubscription(asked: Partial<SubscriptionConfig>): SubscriptionConfig {
  refuseOthers(asked, SUBSCRIPTION_FIELDS, 'subscriptions');
  const { labels, filter, ackDeadlineSeconds, expirationPolicy } = asked;
  const retention = asked.messageRetentionDuration ?? DEFAULT_RETENTION;
  checkDuration('message_retention_duration', retention, RETENTION_MS);
  if (expirationPolicy?.ttl) {
    checkDuration('expiration_policy.ttl', expirationPolicy.ttl, { min: DAY_MS, max: MAX_DURATION_MS });
  }
  if (filter) parseFilter(filter);
  return {
    name: checkName(asked.name, 'subscriptions'),
    topic: asked.topic ?? '',
    pushConfig: checkPushConfig(asked.pushConfig ?? {}),
    ackDeadlineSeconds: checkNumber(
      'ack_deadline_seconds',
      ackDeadlineSeconds || DEFAULT_ACK_DEADLINE_SECONDS,
      10,
      600,
    ),
    messageRetentionDuration: retention,
    expirationPolicy: expirationPolicy ?? { ttl: DEFAULT_TTL },
    ...(labels && { labels }),
    ...(filter && { filter }),
    ...deadLetterPolicyOf(asked),
    ...retryPolicyOf(asked),
  };
}

/** The push configuration, checked; `{}` means pull. */
export function checkPushConfig(asked: PushConfig): PushConfig {
  const { pushEndpoint, attributes, oidcToken, noWrapper } = asked;
  if (noWrapper) throw invalidArgument('This emulator does not support push_config.no_wrapper.');
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (key !== 'x-goog-version' || !['v1', 'v1beta2'].includes(value)) {
      throw invalidArgument(`Unsupported push_config attribute: ${key}=${value}`);
    }
  }
  if (!pushEndpoint) return {};
  if (!URL.canParse(pushEndpoint) || new URL(pushEndpoint).protocol !== 'http:') {
    throw invalidArgument(`Unsupported push_endpoint: ${pushEndpoint}`);
  }
  if (oidcToken && !oidcToken.serviceAccountEmail) {
    throw invalidArgument('push_config.oidc_token needs a service_account_email.');
  }
  return {
    pushEndpoint,
    attributes: attributes ?? { 'x-goog-version': 'v1' },
    ...(oidcToken && { oidcToken }),
  };
}

/** `current` with the fields of `paths` (as `ack_deadline_seconds`) taken from `asked`; not yet checked. */
export function merge(
  current: SubscriptionConfig,
  asked: Partial<SubscriptionConfig>,
  paths: readonly string[],
): Partial<SubscriptionConfig> {
  if (paths.length === 0) {
    throw invalidArgument(
      `The update_mask in the UpdateSubscriptionRequest must be set, and must contain a non-empty paths list.`,
    );
  }
  const merged = new Map<string, unknown>(Object.entries(current));
  for (const path of paths) {
    if (!UPDATABLE_FIELDS.includes(path)) {
      throw invalidArgument(
        `Invalid update_mask provided in the UpdateSubscriptionRequest: ${path} cannot be updated here. Updatable are: ${UPDATABLE_FIELDS.join(', ')}.`,
      );
    }
    const field = path.replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase());
    const value = Object.entries(asked).find(([name]) => name === field)?.[1];
    if (value === undefined) merged.delete(field);
    else merged.set(field, value);
  }
  return Object.fromEntries(merged) as Partial<SubscriptionConfig>;
}

const UPDATABLE_FIELDS = [
  'ack_deadline_seconds',
  'dead_letter_policy',
  'expiration_policy',
  'labels',
  'message_retention_duration',
  'push_config',
  'retry_policy',
];

/** The delay before a message is delivered again after its nth failure: doubles from the minimum to the maximum. */
export function retryDelayMs({ retryPolicy }: SubscriptionConfig, failures: number): number {
  if (retryPolicy === undefined) return 0;
  const first = toMs(retryPolicy.minimumBackoff) || SMALLEST_BACKOFF_MS;
  return Math.min(first * 2 ** (failures - 1), toMs(retryPolicy.maximumBackoff));
}

/** What a minimum backoff of 0 grows from. */
const SMALLEST_BACKOFF_MS = 10;

/** Throws what the service says when a pull meets a push subscription. */
export function refusePull({ pushConfig }: SubscriptionConfig): void {
  if (pushConfig.pushEndpoint) throw pullOfPush();
}

export function checkNumber(field: string, value: number, min: number, max: number): number {
  if (value < min) {
    throw invalidArgument(
      `The value for ${field} is too small. You passed ${value} in the request, but the minimum value is ${min}.`,
    );
  }
  if (value > max) {
    throw invalidArgument(
      `The value for ${field} is too large. You passed ${value} in the request, but the maximum value is ${max}.`,
    );
  }
  return value;
}

const SUBSCRIPTION_FIELDS = [
  'name',
  'topic',
  'pushConfig',
  'ackDeadlineSeconds',
  'messageRetentionDuration',
  'labels',
  'expirationPolicy',
  'filter',
  'deadLetterPolicy',
  'retryPolicy',
  // output only: the service ignores them in requests
  'state',
  'topicMessageRetentionDuration',
];

/** A field at its default is as good as absent, so that a client may spell it out. */
function refuseOthers(asked: object, served: string[], what: string): void {
  for (const [field, value] of Object.entries(asked)) {
    if (value && !served.includes(field) && !(Array.isArray(value) && value.length === 0)) {
      throw unsupported(`${field} of ${what}`);
    }
  }
}

function deadLetterPolicyOf({ deadLetterPolicy }: Partial<SubscriptionConfig>) {
  if (deadLetterPolicy === undefined) return {};
  const attempts = deadLetterPolicy.maxDeliveryAttempts || DEFAULT_DELIVERY_ATTEMPTS;
  return {
    deadLetterPolicy: {
      deadLetterTopic: checkName(deadLetterPolicy.deadLetterTopic, 'topics'),
      maxDeliveryAttempts: checkNumber('max_delivery_attempts', attempts, 5, 100),
    },
  };
}

function retryPolicyOf({ retryPolicy }: Partial<SubscriptionConfig>) {
  if (retryPolicy === undefined) return {};
  const { minimumBackoff, maximumBackoff } = { ...DEFAULT_BACKOFF, ...retryPolicy };
  checkDuration('minimum_backoff', minimumBackoff, BACKOFF_MS);
  checkDuration('maximum_backoff', maximumBackoff, BACKOFF_MS);
  checkNumber('maximum_backoff', toMs(maximumBackoff) / 1000, toMs(minimumBackoff) / 1000, BACKOFF_MS.max / 1000);
  return { retryPolicy: { minimumBackoff, maximumBackoff } };
}

function checkDuration(field: string, duration: Seconds, { min, max }: { min: number; max: number }): void {
  const ms = toMs(duration);
  if (!(ms >= min && ms <= max)) {
    throw invalidArgument(
      `The value for ${field} is out of bounds. You passed ${ms / 1000}s in the request, but the value must be between ${min / 1000}s and ${max / 1000}s.`,
    );
  }
}
