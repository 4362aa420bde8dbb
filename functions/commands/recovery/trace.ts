import { type Command, InvalidArgumentError } from 'commander';
import { CommandFailure, EXIT } from '../command-failure.ts';
import { type Cell, type Output, type Shell, section } from '../terminal.ts';
import { parseTime, TIME_FORMS } from './parse-time.ts';
import { type EventTrace, traceEvent } from './trace-event.ts';
import { withTraceStores } from './trace-stores.ts';

interface TraceOptions extends Output {
  around?: Date;
}

const HELP = `
BigQuery is asked first, then what waits in MongoDB; an event that is in neither yet is looked for in the archive, in the hours
of the last two days. --around a time makes it one hour before and after that, in BigQuery too, which costs less.

An event that has an object and no row waits in Pub/Sub, for its first try or its next one, or is a dead letter. One that has
rows in event_keys alone was worked on: it waits for its next try, or BigQuery lost its row, which the next reconcile mends.`;

/** `sitebeat trace` */
export function defineTrace(command: Command, { env, terminal }: Shell): void {
  command

    .argument('<event id>', 'as collect answered it', parseId)
    .option('--around <time>', `when it was received (${TIME_FORMS})`, parseTime)
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action((id: string, options: TraceOptions) =>
      withTraceStores(env, async (stores) => {
        const trace = await traceEvent(id, options.around, new Date(), stores);
        const found = trace !== undefined;
        terminal.result({ found, eventId: id, ...trace }, () => traceText(id, trace), options);
        if (!found) throw new CommandFailure(EXIT.found, notFound(options));
      }),
    );
}

function notFound({ around }: TraceOptions): string {
  return around === undefined
    ? 'of the archive the last two days were looked through: --around a time looks elsewhere'
    : 'it was not received within an hour of then';
}

function parseId(text: string): string {
  if (!/^[0-9A-Za-z_-]{8,64}$/.test(text))
    throw new InvalidArgumentError('no event id (8 to 64 letters, digits, _ and -)');
  return text;
}

function traceText(eventId: string, trace: EventTrace | undefined): string {
  if (trace === undefined) return `${eventId} was not found`;
  const { kind, receivedAt, object, rows, site, optOut, waitsFor, erasure } = trace;
  const entries: [string, Cell | Cell[]][] = [
    ['event', eventId],
    ['kind', kind],
    ['received', receivedAt],
    ['object', object.exists ? object.name : `gone: ${object.name}`],
    ['rows', rows.length === 0 ? 'none' : rows.map(rowText)],
    ['site in MongoDB', site && `${site.key}: ${site.folded ? 'has the event' : siteLack(site.lastSeenAt)}`],
    ['opt-out in MongoDB', optOut && (optOut.folded ? 'has the event, or a later one' : 'lacks the event')],
    ['waits', waitsFor && `for a site of md5 ${waitsFor}`],
    ['erasure', { none: null, pending: 'the object is still to be removed', done: 'it was erased' }[erasure]],
  ];
  return section(entries.filter(([, value]) => value !== null));
}

function siteLack(lastSeenAt: string | null): string {
  return lastSeenAt === null ? 'not there' : `behind, its newest event is from ${lastSeenAt}`;
}

function rowText({ table, processedAt, reason, field }: EventTrace['rows'][number]): string {
  const why = reason === null ? '' : `: ${reason}${field === null ? '' : ` (${field})`}`;
  return `${table}${why}, made ${processedAt ?? 'by an earlier version'}`;
}
