import { type Command, Option } from 'commander';
import { REJECTION_REASONS, type RejectionReason } from '../../../shared/runtime/errors.ts';
import type { RejectedEvent, RejectionCount } from '../../../shared/stores/history/rejections-reader.ts';
import { type Output, type Shell, table } from '../terminal.ts';
import { type PurgeOptions, purge } from './purge-strangers.ts';
import {
  parseCount,
  type RangeOptions,
  readProjectHash,
  readRange,
  type SendOptions,
  withRange,
  withSending,
} from './range-options.ts';
import { type RecoveryStores, withRecoveryStores } from './recovery-stores.ts';
import { sendAgain } from './send-again.ts';

interface FilterOptions extends RangeOptions, Output {
  reason?: RejectionReason;
  project?: string;
}

/** Nothing was received before. */
const BEGINNING = new Date(0);
const DEFAULT_LIMIT = 100;

const PURGE_HELP = `
A payload whose hash no project here has is a stranger's: its client was pointed here by another plugin on the same WordPress.
Removes these objects, and what finds them by a site or an address, for good; the rejection stays as the record that there was one. Leaves
a receipt in MongoDB's erasures. What BigQuery refuses to delete yet, for it came within the last 90 minutes, is left to the next
run, with its objects: then the exit code is 1. Cloud Storage's soft delete keeps the objects 7 days more.
A project that is to be created for them has to be there before: projects create --hash, then rejections replay.`;

/** `sitebeat rejections list|summary|replay|purge` */
export function defineRejections(group: Command, { env, terminal }: Shell): void {
  withFilter(group.command('list').description('the newest ones'))
    .option('--limit <n>', 'so many at most', parseCount, DEFAULT_LIMIT)
    .action((options: FilterOptions & { limit: number }) =>
      withRecoveryStores(env, async (stores) => {
        const filter = await readFilter(options, stores);
        terminal.result(await stores.rejections.list(filter, options.limit), listText, options);
      }),
    );
  withFilter(group.command('summary').description('how many, by reason and project')).action((options: FilterOptions) =>
    withRecoveryStores(env, async (stores) => {
      const filter = await readFilter(options, stores);
      const slugs = new Map((await stores.projectsWriter.list()).map(({ hash, slug }) => [hash, slug]));
      terminal.result(await stores.rejections.summary(filter), (counts) => summaryText(counts, slugs), options);
    }),
  );
  withSending(withFilter(group.command('replay').description('send their objects through the functions again'))).action(
    (options: FilterOptions & SendOptions) =>
      withRecoveryStores(env, async (stores) => {
        const filter = await readFilter(options, stores);
        await sendAgain({ ...filter, only: 'rejected', after: options.after }, options, stores, terminal);
      }),
  );
  group
    .command('purge')
    .description("remove the raw payloads of strangers' projects")
    .requiredOption('--older-than <days>', 'received so many days ago, or earlier', parseCount)
    .option('--dry-run', 'only say how many')
    .option('--yes', 'do not ask')
    .option('--json', 'print JSON')
    .addHelpText('after', PURGE_HELP)
    .action((options: PurgeOptions) => withRecoveryStores(env, (stores) => purge(options, stores, terminal)));
}

function withFilter(command: Command): Command {
  return withRange(command, 'from the first on when not given')
    .addOption(new Option('--reason <reason>', 'just these').choices(REJECTION_REASONS))
    .option('--project <project>', 'just this one, by hash or slug; or by a hash that no project here has')
    .option('--json', 'print JSON');
}

async function readFilter(options: FilterOptions, { projectsWriter }: Pick<RecoveryStores, 'projectsWriter'>) {
  const range = readRange({ from: BEGINNING, ...options }, new Date());
  return { ...range, reason: options.reason, projectHash: await readProjectHash(options.project, projectsWriter) };
}

function listText(rejections: RejectedEvent[]): string {
  if (rejections.length === 0) return 'no rejections';
  return table(
    ['received', 'reason', 'field', 'project', 'object'],
    rejections.map(({ receivedAt, reason, field, projectHash, objectName }) => [
      receivedAt,
      reason,
      field,
      projectHash,
      objectName,
    ]),
  );
}

function summaryText(counts: RejectionCount[], slugs: ReadonlyMap<string, string>): string {
  if (counts.length === 0) return 'no rejections';
  return table(
    ['rejections', 'reason', 'project', 'first', 'last'],
    counts.map(({ rejections, reason, projectHash, first, last }) => [
      rejections,
      reason,
      slugs.get(projectHash ?? '') ?? projectHash,
      first,
      last,
    ]),
  );
}
