import { Command, CommanderError } from 'commander';
import { TransientError } from '../../shared/runtime/errors.ts';
import { failureName } from '../../shared/runtime/log.ts';
import { CommandFailure, EXIT, type ExitCode } from './command-failure.ts';
import { openTerminal, type Shell, type Streams } from './terminal.ts';

/** Gives a command its options and its work. */
type Define = (command: Command, shell: Shell) => void;

/** Every command, in the order of --help. What one loads, the clients of its stores above all, is loaded when it is called. */
const COMMANDS: Record<string, { about: string; load: () => Promise<Define> }> = {
  setup: {
    about: "make MongoDB's indexes, and bring its documents up to date; safe to repeat, and to interrupt",
    load: async () => (await import('./setup.ts')).defineSetup,
  },
  doctor: {
    about: 'compare what is there with what functions/mesh.json and schemas/ say; changes nothing without --live',
    load: async () => (await import('./doctor/doctor.ts')).defineDoctor,
  },
  projects: {
    about: 'the plugins and themes that may report',
    load: async () => (await import('./projects/projects.ts')).defineProjects,
  },
  charts: {
    about: 'a project at a glance, as the last rebuild made it',
    load: async () => (await import('./charts/charts.ts')).defineCharts,
  },
  'show-site': {
    about: 'print everything held about a site, for the person who asks',
    load: async () => (await import('./person/show-site.ts')).defineShowSite,
  },
  erase: {
    about: 'remove a site, or what holds an address, from every store; leaves a receipt without personal data',
    load: async () => (await import('./person/erase.ts')).defineErase,
  },
  rebuild: {
    about: 'make the tables of days and the charts from the history, at once instead of within the hour',
    load: async () => (await import('./charts/rebuild.ts')).defineRebuild,
  },
  reconcile: {
    about: 'compare the archive with the history and MongoDB; what is missing goes through the functions again',
    load: async () => (await import('./recovery/reconcile.ts')).defineReconcile,
  },
  trace: {
    about: 'where an event is: object, history, rejections, site, what waits, erasures',
    load: async () => (await import('./recovery/trace.ts')).defineTrace,
  },
  rejections: {
    about: 'what is in no history, and why',
    load: async () => (await import('./recovery/rejections.ts')).defineRejections,
  },
  replay: {
    about: 'send a range of the archive through the functions again, or make MongoDB anew from it',
    load: async () => (await import('./recovery/replay.ts')).defineReplay,
  },
  'dead-letters': {
    about: 'messages that a function did not take in the end',
    load: async () => (await import('./recovery/dead-letters.ts')).defineDeadLetters,
  },
  simulate: {
    about: 'write a plausible past to the archive, to try things with',
    load: async () => (await import('./charts/simulate.ts')).defineSimulate,
  },
  cost: {
    about: 'what a month costs, by component, beside the design of an hourly job; a calculation, it asks nobody',
    load: async () => (await import('./cost/cost.ts')).defineCost,
  },
};

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
  for (const [name, { about }] of Object.entries(COMMANDS)) program.command(name).description(about);
  program.hook('preSubcommand', async (_, command) => {
    (await COMMANDS[command.name()]?.load())?.(command, { env, terminal });
  });
  try {
    await program.parseAsync(withoutHelpCommand(args), { from: 'user' });
    return EXIT.done;
  } catch (error) {
    // commander has said what is wrong; it ends help with 0 and everything else with 1
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    terminal.note(`sitebeat: ${describe(error)}`);
    return error instanceof CommandFailure ? error.exitCode : EXIT.found;
  }
}

/** `help` would show a command as it is listed, not as it is defined. */
function withoutHelpCommand(args: string[]): string[] {
  const [first = '', name = '', ...rest] = args;
  return first === 'help' && Object.hasOwn(COMMANDS, name) ? [name, ...rest, '--help'] : args;
}

/** Without a client library's own text, which can quote what was worked on. */
function describe(error: unknown): string {
  if (error instanceof CommandFailure) return error.message;
  if (error instanceof TransientError) return `${error.message} (${failureName(error.cause)})`;
  const frames = error instanceof Error ? (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line)) : [];
  return [`unexpected failure (${failureName(error)})`, ...frames.slice(0, 5)].join('\n');
}
