import { type Command, InvalidArgumentError } from 'commander';
import type { Reconciliation } from '../../../shared/stores/history/reconciliations.ts';
import type { ReconcileStores } from '../../reconcile/open-stores.ts';
import { CLOSED_HOURS, closedHours, HOUR_MS, reconcile, type Sums } from '../../reconcile/reconcile.ts';
import { CommandFailure, EXIT } from '../command-failure.ts';
import { type Output, type Shell, section, type Terminal, table } from '../terminal.ts';
import { parseTime, TIME_FORMS } from './parse-time.ts';
import { type LatestSums, reconcileLatest } from './reconcile-latest.ts';
import { withReconcileStores } from './reconcile-stores.ts';

interface ReconcileOptions extends Output {
  hours?: number;
  from?: Date;
  to?: Date;
  mongodb?: true;
  dryRun?: true;
}

const HELP = `
Without --mongodb it does what the function of that name does every hour: for each hour that ended half an hour ago, it compares
the objects of the archive with the history and the rejections, and the events with their sites in MongoDB. What is missing or
behind is sent through the functions again, and nothing else; the result goes to the table \`reconciliations\`.

--mongodb is for a MongoDB that was lost, or restored from an older backup: it compares the newest event of each site in the
history with what MongoDB has, and sends the events of the sites that are behind again, and the opt-outs that are. Give it no
range but for a part.

Safe to repeat, at any time. Exit code 1: something was missing or behind. Run it again when the functions are done.`;

/** `sitebeat reconcile` */
export function defineReconcile(command: Command, { env, terminal }: Shell): void {
  command

    .option('--hours <count>', `so many of the last closed hours (default: ${CLOSED_HOURS})`, parseCount)
    .option('--from <time>', `from the hour of this time on (${TIME_FORMS})`, parseTime)
    .option('--to <time>', 'before this time, to the end of its hour; the last closed hour when not given', parseTime)
    .option('--mongodb', 'look at the newest event of each site alone, by default of the whole history')
    .option('--dry-run', 'only say what is missing')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action((options: ReconcileOptions) => {
      const now = new Date();
      const hours = hoursOf(options, now);
      return withReconcileStores(env, (stores) =>
        options.mongodb
          ? reconcileMongodb(rangeOf(options, hours, now), options, stores, terminal)
          : reconcileHours(hours, options, stores, terminal),
      );
    });
}

function parseCount(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError('expected 1 to 999999 hours');
  return Number(text);
}

/** The hours that are meant, those that are not closed yet left out. */
function hoursOf({ hours, from, to }: ReconcileOptions, now: Date): Date[] {
  if (from === undefined && to === undefined) return closedHours(now, hours);
  if (hours !== undefined) throw new CommandFailure(EXIT.usage, 'say --hours, or --from and --to');
  if (from === undefined) throw new CommandFailure(EXIT.usage, '--to without --from');
  const last = (closedHours(now, 1)[0] as Date).getTime();
  const first = Math.floor(from.getTime() / HOUR_MS) * HOUR_MS;
  const end = Math.min(last + HOUR_MS, Math.ceil((to?.getTime() ?? now.getTime()) / HOUR_MS) * HOUR_MS);
  if (end <= first) throw new CommandFailure(EXIT.usage, 'no hour between these times is closed');
  return Array.from({ length: (end - first) / HOUR_MS }, (_, index) => new Date(first + index * HOUR_MS));
}

async function reconcileHours(
  hours: Date[],
  options: ReconcileOptions,
  stores: ReconcileStores,
  terminal: Terminal,
): Promise<void> {
  const done: Reconciliation[] = [];
  const progress = terminal.progress('reconciling hours');
  progress.update(0, hours.length);
  const onHour = (reconciliation: Reconciliation) => progress.update(done.push(reconciliation));
  const all = { now: () => new Date(), onHour, ...(options.dryRun && { dryRun: true }) };
  const sums = await reconcile(hours, stores, all).finally(() => progress.end());
  terminal.result({ ...sums, hours: done }, hoursText, options);
  failIfAny(sums.missing + sums.behind, options);
}

function hoursText({ hours, ...sums }: Sums & { hours: Reconciliation[] }): string {
  const columns = Object.keys(sums) as (keyof Sums)[];
  const rows = hours.map((one) => [one.hour.toISOString(), ...columns.map((column) => one[column])]);
  return table(['hour', ...columns], [...rows, ['all', ...columns.map((column) => sums[column])]]);
}

function rangeOf({ hours, from }: ReconcileOptions, closed: Date[], now: Date): { from: Date; to: Date } {
  if (hours === undefined && from === undefined) return { from: new Date(0), to: now };
  const last = closed.at(-1) as Date;
  return { from: closed[0] as Date, to: new Date(last.getTime() + HOUR_MS) };
}

async function reconcileMongodb(
  range: { from: Date; to: Date },
  options: ReconcileOptions,
  stores: ReconcileStores,
  terminal: Terminal,
): Promise<void> {
  const progress = terminal.progress('comparing sites');
  const onSites = (count: number) => progress.update(count, count);
  const all = { ...range, onSites, ...(options.dryRun && { dryRun: true }) };
  const sums = await reconcileLatest(all, stores).finally(() => progress.end());
  terminal.result(sums, latestText, options);
  failIfAny(sums.sitesBehind + sums.optOutsBehind, options);
}

function latestText({ sites, sitesBehind, optOuts, optOutsBehind, republished }: LatestSums): string {
  return section([
    ['sites', sites],
    ['of these behind', sitesBehind],
    ['opt-outs', optOuts],
    ['of these behind', optOutsBehind],
    ['events sent again', republished],
  ]);
}

function failIfAny(found: number, { dryRun }: ReconcileOptions): void {
  if (found === 0) return;
  const done = dryRun ? 'nothing was sent again' : 'all that was missing or behind was sent again';
  throw new CommandFailure(EXIT.found, `not everything was where it should be; ${done}`);
}
