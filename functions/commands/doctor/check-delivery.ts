import { PubSub, type Subscription } from '@google-cloud/pubsub';
import type { Mesh } from '../../mesh.ts';
import { type MeshSubscription, subscriptionsOf, topicsOf } from '../../mesh.ts';
import { ANSWER_MS, type Check, presence, unlessMissing } from './check.ts';

type Found = NonNullable<Subscription['metadata']>;
type Duration = NonNullable<Found['messageRetentionDuration']>;

export interface DeliveryOptions {
  projectId: string;
  /** The cloud's Pub/Sub, whose pushes carry an identity. */
  inCloud: boolean;
  /** Whether a mail API is configured; without one Terraform makes no function that needs it. */
  withMail: boolean;
}

const NOT_FOUND = 5;
const ONE_TRY = { timeout: ANSWER_MS, retry: { retryCodes: [] } };
const RETENTION = '7 days';

/** Topics, push subscriptions and dead letters, against the mesh. */
export async function checkDelivery(mesh: Mesh, { projectId, inCloud, withMail }: DeliveryOptions): Promise<Check[]> {
  const functions = mesh.functions.filter(({ access }) => withMail || !access.includes('mail'));
  const subscriptions = subscriptionsOf({ ...mesh, functions });
  const pubsub = new PubSub({ projectId });
  const topic = async (name: string) =>
    presence(`topic ${name}`, (await unlessMissing(pubsub.topic(name).getMetadata(ONE_TRY), NOT_FOUND)) !== undefined);
  const subscription = async (name: string, compare: (found: Found) => Check[]) => {
    const found = await unlessMissing(pubsub.subscription(name).getMetadata(ONE_TRY), NOT_FOUND);
    const what = `subscription ${name}`;
    if (found === undefined) return [presence(what, false)];
    return [presence(what, true), ...compare(found[0]).map((check) => ({ ...check, what: `${what}, ${check.what}` }))];
  };
  try {
    const checks = await Promise.all([
      ...topicsOf(mesh).map(topic),
      ...subscriptions.flatMap((wanted) => [
        subscription(wanted.name, (found) => [
          ...comparePush(wanted, found, projectId),
          ...(inCloud ? compareIdentity(found) : []),
        ]),
        topic(wanted.deadLetter),
        subscription(wanted.deadLetter, (found) => comparePull(wanted.deadLetter, found)),
      ]),
    ]);
    return checks.flat();
  } finally {
    await pubsub.close();
  }
}

function comparePush(wanted: MeshSubscription, found: Found, projectId: string): Check[] {
  const { retryPolicy, deadLetterPolicy } = found;
  const { minBackoffSeconds, maxBackoffSeconds, maxDeliveryAttempts } = wanted;
  return [
    { what: 'topic', expected: wanted.topic, actual: lastOf(found.topic) },
    { what: 'filter', expected: wanted.filter ?? 'none', actual: found.filter || 'none' },
    {
      what: 'ack deadline',
      expected: `${wanted.ackDeadlineSeconds} s`,
      actual: `${found.ackDeadlineSeconds} s`,
    },
    {
      what: 'retry policy',
      expected: `${minBackoffSeconds} s to ${maxBackoffSeconds} s`,
      actual: retryPolicy
        ? `${seconds(retryPolicy.minimumBackoff)} s to ${seconds(retryPolicy.maximumBackoff)} s`
        : 'none',
    },
    {
      what: 'dead-letter topic',
      expected: wanted.deadLetter,
      actual: lastOf(deadLetterPolicy?.deadLetterTopic),
    },
    {
      what: 'delivery attempts',
      expected: `${maxDeliveryAttempts}`,
      actual: `${deadLetterPolicy?.maxDeliveryAttempts ?? 'without end'}`,
    },
    {
      what: 'path of the push endpoint',
      expected: `/projects/${projectId}/topics/${wanted.topic}`,
      actual: endpointOf(found.pushConfig)?.pathname ?? 'none: it does not push',
    },
    ...compareKeeping(found),
  ];
}

/** Cloud Run refuses a push without a token for the function's own address. */
function compareIdentity({ pushConfig }: Found): Check[] {
  const endpoint = endpointOf(pushConfig);
  return [
    {
      what: 'OIDC identity',
      expected: 'a service account',
      actual: pushConfig?.oidcToken?.serviceAccountEmail ? 'a service account' : 'none',
    },
    {
      what: 'OIDC audience',
      expected: endpoint?.origin ?? 'none',
      actual: pushConfig?.oidcToken?.audience || 'none',
    },
  ];
}

function comparePull(topic: string, found: Found): Check[] {
  return [
    { what: 'topic', expected: topic, actual: lastOf(found.topic) },
    { what: 'delivery', expected: 'pull', actual: endpointOf(found.pushConfig) === undefined ? 'pull' : 'push' },
    ...compareKeeping(found),
  ];
}

/** Not every Pub/Sub reports these. */
function compareKeeping({ messageRetentionDuration: retention, expirationPolicy: expiry }: Found): Check[] {
  return [
    ...(retention ? [{ what: 'retention', expected: RETENTION, actual: days(retention) }] : []),
    ...(expiry
      ? [{ what: 'expiry', expected: 'never', actual: expiry.ttl ? `after ${days(expiry.ttl)} without use` : 'never' }]
      : []),
  ];
}

function endpointOf(config: Found['pushConfig']): URL | undefined {
  const endpoint = config?.pushEndpoint ?? '';
  return URL.canParse(endpoint) ? new URL(endpoint) : undefined;
}

/** `projects/P/topics/T` -> `T` */
function lastOf(path: string | null | undefined): string {
  return path?.split('/').at(-1) || 'none';
}

function seconds(duration: Duration | null | undefined): number {
  return Number(duration?.seconds ?? 0) + (duration?.nanos ?? 0) / 1e9;
}

function days(duration: Duration): string {
  return `${seconds(duration) / 86_400} days`;
}
