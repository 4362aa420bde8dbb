import { type Command, Option } from 'commander';
import { KINDS, type Kind } from '../../../shared/event/object-name.ts';
import { CommandFailure, EXIT } from '../command-failure.ts';
import { UUID } from '../projects/project-input.ts';
import type { Shell } from '../terminal.ts';
import {
  type RangeOptions,
  readProjectHash,
  readRange,
  type SendOptions,
  withRange,
  withSending,
} from './range-options.ts';
import { withRecoveryStores } from './recovery-stores.ts';
import { rebuildInto } from './replay-into.ts';
import { ONLY, type Only } from './select-objects.ts';
import { sendAgain } from './send-again.ts';

interface ReplayOptions extends RangeOptions, SendOptions {
  kind?: Kind;
  project?: string;
  only: Only;
  into?: string;
}

const HELP = `
It sends the objects through the functions again, as Cloud Storage would. No row is doubled for whoever reads the _unique views,
and no site goes back in time; so it may be done twice, and an interrupted run may be done again from the start.
  --only missing   what BigQuery has in no table, or not every row of: events were lost, or wait, or are still on their way
  --only rejected  what is in no history for a reason: a project was made late, or a bad release refused what it should not
  --only all       all of it: a new release understands more of what was sent (the default)
--project reads each object (but of the rejected ones, whose rows say it), and takes what names the project and what is from a
site that it alone knows.

--into makes MongoDB anew from the archive in another, empty database: its sites, deactivations, opt-outs. Projects and receipts of
erasures are copied from MONGODB_URI, if that is another database; charts come with their next rebuild. Nothing is sent, appended or
mailed. What is received meanwhile goes where the functions write: let them write into the new database, then replay from the hour in which this began.
Of an archived project it folds what came after it was archived, too: nothing tells when that was.`;

/** `sitebeat replay` */
export function defineReplay(command: Command, { env, terminal }: Shell): void {
  withSending(withRange(command, 'must be given'))

    .addOption(new Option('--kind <kind>', 'just these').choices(KINDS))
    .option('--project <project>', 'just this one, by hash or slug')
    .addOption(new Option('--only <which>', 'see below').choices(ONLY).default('all'))
    .option('--into <uri>', 'make MongoDB anew in the database that this mongodb:// uri names')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action((options: ReplayOptions) =>
      withRecoveryStores(env, async (stores) => {
        const { kind, only, after, into } = options;
        const range = readRange(options, new Date());
        if (into !== undefined) {
          if (only !== 'all' || kind !== undefined || options.project !== undefined) {
            throw new CommandFailure(EXIT.usage, '--into takes everything: no --only, --kind or --project');
          }
          return rebuildInto(into, { ...range, only, after }, options, stores, terminal);
        }
        const projectHash = await readProjectHash(options.project, stores.projectsWriter);
        // of a hash that no project has there may be events; a slug that none has is a slip, and would select nothing
        if (projectHash !== undefined && !UUID.test(projectHash)) {
          throw new CommandFailure(EXIT.found, `no project has the hash or slug ${options.project}`);
        }
        await sendAgain({ ...range, kind, only, after, projectHash }, options, stores, terminal);
      }),
    );
}
