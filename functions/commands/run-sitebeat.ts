import { Command, CommanderError } from 'commander';
import { TransientError } from '../../shared/runtime/errors.ts';
import { failureName } from '../../shared/runtime/log.ts';
import { addCharts } from './charts/charts.ts';
import { addRebuild } from './charts/rebuild.ts';
import { addSimulate } from './charts/simulate.ts';
import { CommandFailure, EXIT, type ExitCode } from './command-failure.ts';
import { addCost } from './cost/cost.ts';
import { addDoctor } from './doctor/doctor.ts';
import { addErase } from './person/erase.ts';
import { addShowSite } from './person/show-site.ts';
import { addProjects } from './projects/projects.ts';
import { addDeadLetters } from './recovery/dead-letters.ts';
import { addReconcile } from './recovery/reconcile.ts';
import { addRejections } from './recovery/rejections.ts';
import { addReplay } from './recovery/replay.ts';
import { addTrace } from './recovery/trace.ts';
import { addSetup } from './setup.ts';
import { openTerminal, type Shell, type Streams } from './terminal.ts';

/** Every command, in the order of --help. */
const COMMANDS: ((program: Command, shell: Shell) => void)[] = [
  addSetup,
  addDoctor,

  addProjects,
  addCharts,
  addShowSite,
  addErase,
  addRebuild,
  addReconcile,
  addTrace,
  addRejections,
  addReplay,
  addDeadLetters,
  addSimulate,
  addCost,
];

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
  for (const add of COMMANDS) add(program, { env, terminal });
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

/** Without a client library's own text, which can quote what was worked on. */
function describe(error: unknown): string {
  if (error instanceof CommandFailure) return error.message;
  if (error instanceof TransientError) return `${error.message} (${failureName(error.cause)})`;
  const frames = error instanceof Error ? (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line)) : [];
  return [`unexpected failure (${failureName(error)})`, ...frames.slice(0, 5)].join('\n');
}
