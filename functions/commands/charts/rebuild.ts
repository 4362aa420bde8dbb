import { type Command, InvalidArgumentError } from 'commander';
import { addDays, type Day, daysBetween } from '../../../shared/figures/days.ts';
import { BusyError } from '../../../shared/runtime/errors.ts';
import { openLog } from '../../../shared/runtime/log.ts';
import { openStores } from '../../rebuild-analytics/open-stores.ts';
import { daysOfRun, rebuild, type Stores } from '../../rebuild-analytics/rebuild.ts';
import { CommandFailure, EXIT } from '../command-failure.ts';
import type { Output, Shell, Terminal } from '../terminal.ts';
import { withLatest } from '../with-latest.ts';
import { type Estimate, estimateRebuild } from './estimate.ts';

interface Options extends Output {
  from?: Day;
  to?: Day;
  dryRun?: true;
  yes?: true;
}

const HELP = `
Without --from it does what the scheduled function does every hour, and all days that wait: at first every day of the history.
With it, it makes these days again, and the figures of every day that they change. Charts are right while it runs, and new
when it ends. It may be done twice; an interrupted run goes on where it was when the same command is given again. A project whose
charts cannot be made keeps those that it had, the others get theirs: then the exit code is 1.`;

/** `sitebeat rebuild` */
export function defineRebuild(command: Command, { env, terminal }: Shell): void {
  command

    .option('--from <day>', 'this day and those after it again: 2026-01-31 (UTC)', parseDay)
    .option('--to <day>', 'up to and with this day; today when not given', parseDay)
    .option('--dry-run', 'only say how many days, and what it would cost')
    .option('--yes', 'do not ask')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action((options: Options) =>
      withLatest(env, async ({ config, db }) => {
        const range = rangeOf(options);
        const stores = openStores(config, db, openLog('rebuild', 'WARNING'));
        const now = new Date();
        const days = range ?? (await daysOfRun(stores, now));
        const estimate = await estimateRebuild(days, now.toISOString().slice(0, 10), stores);
        if (options.dryRun) return terminal.result(estimate, estimateText, options);
        terminal.note(estimateText(estimate));
        if (!options.yes) await terminal.confirm('Rebuild?');
        if (range !== undefined) await stores.lateDays.want(range, false);
        const done = await run(stores, now, terminal);
        terminal.result(done, doneText, options);
        if (done.failed > 0) {
          throw new CommandFailure(
            EXIT.found,
            'projects keep the charts that they had: the lines above say which and why',
          );
        }
      }),
    );
}

/** Ctrl-C ends it between two days, so that the lease is given back; a second one ends the process. */
async function run(stores: Stores, now: Date, terminal: Terminal) {
  const bar = terminal.progress('days');
  let interrupted = false;
  const interrupt = () => {
    interrupted = true;
  };
  process.once('SIGINT', interrupt);
  try {
    return await rebuild(stores, {
      now,
      lateDays: Number.MAX_SAFE_INTEGER,
      progress: (done, total) => {
        bar.update(done, total);
        if (interrupted) throw new CommandFailure(EXIT.found, 'interrupted: the same command goes on');
      },
    });
  } catch (error) {
    if (error instanceof BusyError) throw new CommandFailure(EXIT.found, `${error.message}: try again when it is done`);
    throw error;
  } finally {
    bar.end();
    process.off('SIGINT', interrupt);
  }
}

/** Throws CommandFailure (bad usage). */
function rangeOf({ from, to }: Options): Day[] | undefined {
  const today = new Date().toISOString().slice(0, 10);
  if (from === undefined && to === undefined) return undefined;
  if (from === undefined) throw new CommandFailure(EXIT.usage, 'say --from which day');
  const last = to === undefined || to > today ? today : to;
  if (last < from) throw new CommandFailure(EXIT.usage, '--to (or today) is before --from');
  return Array.from({ length: daysBetween(from, last) + 1 }, (_, days) => addDays(from, days));
}

function parseDay(text: string): Day {
  const time = new Date(`${text}T00:00Z`);
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || Number.isNaN(time.getTime()) || !time.toISOString().startsWith(text)) {
    throw new InvalidArgumentError('no day (2026-01-31)');
  }
  return text;
}

function estimateText({ days, gib, usd }: Estimate): string {
  const many = `${days} day${days === 1 ? '' : 's'}`;
  return `${many} to be made of the history; BigQuery reads ${gib} GiB at most, about $${usd.toFixed(2)}`;
}

function doneText({ days, projects, failed }: Awaited<ReturnType<typeof rebuild>>): string {
  const shown = `${days} days of figures made, ${projects} projects' charts published`;
  return failed === 0 ? shown : `${shown}, ${failed} could not be`;
}
