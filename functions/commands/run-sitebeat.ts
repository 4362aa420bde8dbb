import { Command, CommanderError } from 'commander';
import { TransientError } from '../../shared/runtime/errors.ts';
import { failureName } from '../../shared/runtime/log.ts';
import { CommandFailure, EXIT, type ExitCode } from './command-failure.ts';
import { openTerminal, type Shell, type Streams } from './terminal.ts';

type Add = (program: Command, shell: Shell) => void;

/** Every command, in the order of --help. Each loads the clients of its own stores: only the one that runs is loaded. */
const COMMANDS = new Map<string, () => Promise<Add>>([
  ['setup', async () => (await import('./setup.ts')).addSetup],
  ['doctor', async () => (await import('./doctor/doctor.ts')).addDoctor],
  ['projects', async () => (await import('./projects/projects.ts')).addProjects],
  ['charts', async () => (await import('./charts/charts.ts')).addCharts],
  ['show-site', async () => (await import('./person/show-site.ts')).addShowSite],
  ['erase', async () => (await import('./person/erase.ts')).addErase],
  ['rebuild', async () => (await import('./charts/rebuild.ts')).addRebuild],
  ['reconcile', async () => (await import('./recovery/reconcile.ts')).addReconcile],
  ['trace', async () => (await import('./recovery/trace.ts')).addTrace],
  ['rejections', async () => (await import('./recovery/rejections.ts')).addRejections],
  ['replay', async () => (await import('./recovery/replay.ts')).addReplay],
  ['dead-letters', async () => (await import('./recovery/dead-letters.ts')).addDeadLetters],
  ['simulate', async () => (await import('./charts/simulate.ts')).addSimulate],
  ['cost', async () => (await import('./cost/cost.ts')).addCost],
]);

const SYSTEM = `
Which system it works on: GOOGLE_CLOUD_PROJECT, ARCHIVE_BUCKET, BIGQUERY_DATASET (sitebeat) and MONGODB_URI, as for the
functions; and STORAGE_EMULATOR_HOST, PUBSUB_EMULATOR_HOST, BIGQUERY_EMULATOR_HOST for a local mesh (npm start prints them).
Exit codes: 0 done, 1 found something wrong, 2 bad usage.`;

/** Runs `sitebeat <args>`; whatever happens ends in an exit code and, if it went wrong, in a word on standard error. */
export async function runSitebeat(
  args: string[],
  { env, ...streams }: Streams & { env: NodeJS.ProcessEnv },
): Promise<ExitCode> {
  const terminal = openTerminal(streams);
  const program = new Command('sitebeat')
    .description('Sitebeat: usage insights for WordPress plugin and theme authors')
    .addHelpText('after', SYSTEM)
    .showHelpAfterError('(--help says more)')
    .configureOutput({
      writeOut: (text) => streams.stdout.write(text),
      writeErr: (text) => streams.stderr.write(text),
    })
    .exitOverride();
  for (const load of asked(args)) (await load())(program, { env, terminal });
  try {
    await program.parseAsync(args, { from: 'user' });
    return EXIT.done;
  } catch (error) {
    // commander has said what is wrong; it ends help with 0 and everything else with 1
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    terminal.note(`sitebeat: ${describe(error)}`);
    return error instanceof CommandFailure ? error.exitCode : EXIT.found;
  }
}

/** The command that is called; all of them for whoever asks what there is. */
function asked([name = '']: string[]): (() => Promise<Add>)[] {
  const one = COMMANDS.get(name);
  return one === undefined ? [...COMMANDS.values()] : [one];
}

/** Without a client library's own text, which can quote what was worked on. */
function describe(error: unknown): string {
  if (error instanceof CommandFailure) return error.message;
  if (error instanceof TransientError) return `${error.message} (${failureName(error.cause)})`;
  const frames = error instanceof Error ? (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line)) : [];
  return [`unexpected failure (${failureName(error)})`, ...frames.slice(0, 5)].join('\n');
}
