import { type Command, Option } from 'commander';
import { KINDS, type Kind } from '../../../shared/event/object-name.ts';
import { enabledLists, type Project } from '../../../shared/project/project.ts';
import { concurrently } from '../../../shared/runtime/concurrently.ts';
import { type PastOptions, pastMoments, simulatePast, simulateSites } from '../../../shared/simulation/past.ts';
import { openArchive } from '../../../shared/stores/archive/archive.ts';
import { openProjectsWriter } from '../../../shared/stores/projects-writer.ts';
import { CommandFailure, EXIT } from '../command-failure.ts';
import { findProject } from '../projects/find-project.ts';
import { parseTime } from '../recovery/parse-time.ts';
import { parseCount } from '../recovery/range-options.ts';
import { type Output, type Shell, section, type Terminal } from '../terminal.ts';
import { withLatest } from '../with-latest.ts';
import { recordPast } from './record-past.ts';

interface SimulateOptions extends Output {
  project: string;
  sites: number;
  days: number;
  seed: number;
  until?: Date;
  directly?: true;
  dryRun?: true;
  yes?: true;
}

/** What a past consists of. */
export interface PastCounts {
  events: number;
  kinds: Record<Kind, number>;
  /** ISO 8601. */
  from: string | null;
  to: string | null;
}

interface Result extends PastCounts {
  project: string;
  written: number;
}

const WRITES_AT_ONCE = 32;

const HELP = `
The past of a plugin that grows: reports every 7 or 14 days, releases that spread (a bad one among them), sites that leave, fall
silent, come back, move, are copied or opt out, old clients, previews. Hosts end in .example. It is written to the archive at its past hours,
so that it flows through the mesh as what clients send does; nothing tells it from that afterwards. So give it a project of its own.
The same seed gives the same past on the same day, and may be written twice. Charts of past days come with: sitebeat rebuild.`;

/** `sitebeat simulate` */
export function defineSimulate(command: Command, { env, terminal }: Shell): void {
  command

    .addOption(new Option('--project <project>', 'by hash or slug').makeOptionMandatory())
    .option('--sites <n>', 'how many sites', parseCount, 500)
    .option('--days <n>', 'how many days, until now', parseCount, 120)
    .option('--seed <n>', 'the same gives the same', parseCount, 1)
    .option('--until <time>', 'end it then, and not now (UTC): 2026-01-31 or 2026-01-31T07:00', parseTime)
    .option('--directly', 'do here, many at once, what the functions will do with each')
    .option('--dry-run', 'only say how much it would be')
    .option('--yes', 'do not ask')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action((options: SimulateOptions) =>
      withLatest(env, async ({ config, db }) => {
        const project = await findProject(options.project, openProjectsWriter(db));
        if (project.archived) throw new CommandFailure(EXIT.found, `${options.project} is archived`);
        const { sites, days, seed, until = new Date(), dryRun, yes } = options;
        if (until > new Date()) throw new CommandFailure(EXIT.usage, '--until is to come');
        const past = { projectHash: project.hash, sites, days, seed, until };
        const counts = countPast(past);
        const done = (written: number) =>
          terminal.result<Result>(
            { project: project.slug, ...counts, written },
            (result) => resultText(result, options),
            options,
          );
        if (dryRun) return done(0);
        if (!yes) {
          terminal.note(warning(project, counts));
          await terminal.confirm(`Write them to the archive, as ${project.name}'s?`);
        }
        await withProgress(terminal, counts.events, async (onWritten) => {
          if (options.directly) return recordPast(simulateSites(past), { config, db, onRecorded: onWritten });
          const { create } = openArchive(config);
          await concurrently(simulatePast(past), WRITES_AT_ONCE, (event) => create(event).then(() => onWritten(1)));
        });
        done(counts.events);
      }),
    );
}

export function countPast(past: PastOptions): PastCounts {
  const kinds = Object.fromEntries(KINDS.map((kind) => [kind, 0])) as Record<Kind, number>;
  let [events, from, to]: [number, string | null, string | null] = [0, null, null];
  for (const { kind, receivedAt } of pastMoments(past)) {
    events += 1;
    kinds[kind] += 1;
    if (from === null || receivedAt < from) from = receivedAt;
    if (to === null || receivedAt > to) to = receivedAt;
  }
  return { events, kinds, from, to };
}

async function withProgress(
  terminal: Terminal,
  total: number,
  work: (onWritten: (events: number) => void) => Promise<void>,
): Promise<void> {
  const progress = terminal.progress('writing events');
  let written = 0;
  try {
    await work((events) => {
      written += events;
      progress.update(written, total);
    });
  } finally {
    progress.end();
  }
}

function warning(project: Project, { events, from, to }: PastCounts): string {
  const lists = enabledLists(project).length;
  const mail = lists > 0 ? ` Its ${lists} mail lists will be asked for people who do not exist.` : '';
  return `${events} events from ${from} to ${to}. They cannot be told from real ones afterwards.${mail}`;
}

function resultText(
  { project, events, kinds, from, to, written }: Result,
  { directly }: Pick<SimulateOptions, 'directly'>,
): string {
  const rest = directly ? 'and in the other stores' : 'and the mesh takes them from there';
  if (written > 0) return `${written} events of ${project} are in the archive, ${rest}`;
  return section([['project', project], ['events', events], ...Object.entries(kinds), ['from', from], ['to', to]]);
}
