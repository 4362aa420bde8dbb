import type { Command } from 'commander';
import { parseObjectName } from '../../../shared/event/object-name.ts';
import { concurrently } from '../../../shared/runtime/concurrently.ts';
import { type DeadLetter, type DeadLetters, openDeadLetters } from '../../../shared/stores/topics/dead-letters.ts';
import { type MeshSubscription, readMesh, subscriptionsOf } from '../../mesh.ts';
import { CommandFailure, EXIT } from '../command-failure.ts';
import { readPubsubConfig } from '../config.ts';
import { type Output, type Shell, section, type Terminal, table } from '../terminal.ts';
import { parseCount } from './range-options.ts';

interface LetterOptions extends Output {
  subscription?: string;
  limit: number;
  yes?: true;
}

/** A dead letter without its contents. */
interface ShownLetter {
  message: string;
  /** The function that did not take it. */
  function: string;
  /** How often it was delivered to that function; null when that is not said. */
  deliveries: number | null;
  /** When its topic got it, and when it was given up; ISO 8601. */
  sentAt: string | null;
  givenUpAt: string;
  /** The event that it is about, as the functions' log lines name it. */
  eventId: string | null;
  object: string | null;
  bucket: string | null;
}

interface Context {
  letters: DeadLetters;
  subscriptions: MeshSubscription[];
  options: LetterOptions;
  terminal: Terminal;
}

const DEFAULT_LIMIT = 1000;

const HELP = `
A message becomes a dead letter after as many failed deliveries as mesh.json says. Why it failed is in the log of its function, under the
event's id: jsonPayload.eventId="<event id>" with severity ERROR. Once that is mended, redrive sends the messages to
their topic again. To list or show them takes none away, but holds them for seconds: run one of these commands at a time.
Pub/Sub keeps a dead letter for 7 days. An event is in the archive all the same, and sitebeat replay --only missing finds it; what
record-audit did not take is nowhere else.
What a message holds is never shown: it can be a person's address.`;

/** `sitebeat dead-letters list|show|redrive|discard` */
export function defineDeadLetters(group: Command, shell: Shell): void {
  group.addHelpText('after', HELP);
  const add = (name: string, description: string, work: (context: Context, argument: string) => Promise<void>) => {
    const command = withOptions(group.command(name).description(description)).addHelpText('after', HELP);
    command.action((...parameters: unknown[]) => {
      const argument = command.registeredArguments.length > 0 ? String(parameters[0]) : '';
      return withLetters(shell, command.opts<LetterOptions>(), (context) => work(context, argument));
    });
    return command;
  };
  add('list', 'which there are', list);
  add('show <message>', 'what is known of one', show);
  add('redrive', 'send them to their topic again', redrive);
  add('discard', 'remove them for good', discard).option('--yes', 'do not ask');
}

function withOptions(command: Command): Command {
  return command
    .option('--subscription <name>', 'of this function alone')
    .option('--limit <n>', 'so many of a function at most', parseCount, DEFAULT_LIMIT)
    .option('--json', 'print JSON');
}

async function withLetters(
  { env, terminal }: Shell,
  options: LetterOptions,
  work: (context: Context) => Promise<void>,
): Promise<void> {
  const all = subscriptionsOf(readMesh());
  const subscriptions = all.filter(
    ({ name, deadLetter }) => options.subscription === undefined || [name, deadLetter].includes(options.subscription),
  );
  if (subscriptions.length === 0) {
    const names = all.map(({ name }) => name).join(', ');
    throw new CommandFailure(EXIT.usage, `no function of that name is behind a topic; there are ${names}`);
  }
  const letters = openDeadLetters(readPubsubConfig(env));
  try {
    await work({ letters, subscriptions, options, terminal });
  } finally {
    await letters.close();
  }
}

interface Taken {
  subscription: MeshSubscription;
  found: DeadLetter[];
}

/** Takes what there is, and lets go of what `work` did not remove, whatever happens. */
async function withTaken(
  { letters, subscriptions, options, terminal }: Context,
  work: (taken: Taken[]) => Promise<void>,
): Promise<void> {
  const taken: Taken[] = [];
  try {
    // whatever fails, nothing is taken after the release
    await concurrently(subscriptions, subscriptions.length, async (subscription) => {
      const { name, deadLetter } = subscription;
      const found = await letters.take(deadLetter, options.limit);
      if (found !== undefined) taken.push({ subscription, found });
      else terminal.note(`${name}: no subscription ${deadLetter} here; without a mail API notify-mail is not deployed`);
    });
    if (taken.length === 0)
      throw new CommandFailure(EXIT.found, 'nothing holds dead letters here: is it the right GOOGLE_CLOUD_PROJECT?');
    taken.sort((one, other) => subscriptions.indexOf(one.subscription) - subscriptions.indexOf(other.subscription));
    for (const { subscription, found } of taken) {
      if (found.length < options.limit) continue;
      terminal.note(`${subscription.name}: there may be more than these ${options.limit} (--limit)`);
    }
    await work(taken);
  } finally {
    for (const { subscription, found } of taken) await letters.release(subscription.deadLetter, found);
  }
}

async function list(context: Context): Promise<void> {
  await withTaken(context, async (taken) => {
    context.terminal.result(taken.flatMap(shownOf), listText, context.options);
  });
}

async function show(context: Context, message: string): Promise<void> {
  await withTaken(context, async (taken) => {
    const found = taken.flatMap(shownOf).find((shown) => shown.message === message);
    if (found === undefined) throw new CommandFailure(EXIT.found, `no dead letter ${message}`);
    context.terminal.result(found, letterText, context.options);
  });
}

const PUBLISHED_AT_ONCE = 100;

async function redrive(context: Context): Promise<void> {
  const { letters, options, terminal } = context;
  await withTaken(context, async (taken) => {
    const total = taken.reduce((sum, { found }) => sum + found.length, 0);
    const progress = terminal.progress('redriving');
    let redriven = 0;
    try {
      for (const { subscription, found } of taken) {
        // published before it is removed: whoever is cut off in between sends one twice, and loses none
        while (found.length > 0) {
          const part = found.slice(0, PUBLISHED_AT_ONCE);
          await Promise.all(part.map((letter) => letters.redrive(subscription.topic, letter)));
          await letters.remove(subscription.deadLetter, part);
          found.splice(0, part.length);
          redriven += part.length;
          progress.update(redriven, total);
        }
      }
    } finally {
      progress.end();
    }
    terminal.result({ redriven }, () => `${redriven} dead letters were sent again`, options);
  });
}

async function discard(context: Context): Promise<void> {
  const { letters, options, terminal } = context;
  await withTaken(context, async (taken) => {
    const total = taken.reduce((sum, { found }) => sum + found.length, 0);
    if (total > 0 && !options.yes) await terminal.confirm(`Remove ${total} dead letters for good?`);
    for (const { subscription, found } of taken) {
      await letters.remove(subscription.deadLetter, found);
      found.length = 0;
    }
    terminal.result({ discarded: total }, () => `${total} dead letters were removed`, options);
  });
}

function shownOf({ subscription: { name }, found }: Taken): ShownLetter[] {
  return found.map(({ messageId, publishedAt, attributes }) => {
    const object = attributes.objectId ?? null;
    return {
      message: messageId,
      function: attributes.CloudPubSubDeadLetterSourceSubscription ?? name,
      deliveries: Number(attributes.CloudPubSubDeadLetterSourceDeliveryCount) || null,
      sentAt: attributes.CloudPubSubDeadLetterSourceTopicPublishTime ?? null,
      givenUpAt: publishedAt,
      eventId: attributes.eventId ?? parseObjectName(object ?? '')?.id ?? null,
      object,
      bucket: attributes.bucketId ?? null,
    };
  });
}

function listText(letters: ShownLetter[]): string {
  if (letters.length === 0) return 'no dead letters';
  return table(
    ['message', 'function', 'deliveries', 'given up', 'event'],
    letters.map(({ message, function: name, deliveries, givenUpAt, object, eventId }) => [
      message,
      name,
      deliveries,
      givenUpAt,
      object ?? eventId,
    ]),
  );
}

function letterText(letter: ShownLetter): string {
  return section([
    ['message', letter.message],
    ['function', letter.function],
    ['deliveries', letter.deliveries],
    ['sent', letter.sentAt],
    ['given up', letter.givenUpAt],
    ['event', letter.eventId],
    ['object', letter.object],
    ['bucket', letter.bucket],
    ['why', letter.eventId && `in the log: jsonPayload.eventId="${letter.eventId}" severity>=ERROR`],
  ]);
}
