import { randomUUID } from 'node:crypto';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Advisory } from '../../../shared/project/advisories.ts';
import {
  type CustomField,
  DEFAULT_MAIL_CAP,
  type Grant,
  listKey,
  type MailIntegration,
  type Project,
  type Reason,
  type ReleaseDay,
} from '../../../shared/project/project.ts';
import { openLatest } from '../../../shared/stores/mongodb.ts';
import { DuplicateProject, openProjectsWriter, type ProjectsWriter } from '../../../shared/stores/projects-writer.ts';
import { CommandFailure, EXIT } from '../command-failure.ts';
import { readLatestConfig } from '../config.ts';
import { type Output, type Shell, section, type Terminal, table } from '../terminal.ts';
import {
  parseAdvisory,
  parseCustomField,
  parseGrant,
  parseMailCap,
  parseMailIntegration,
  parseReason,
  parseReleaseDay,
  validateProject,
} from './project-input.ts';

interface Fields {
  name?: string;
  slug?: string;
  type?: Project['type'];
  customField?: CustomField[];
  reason?: Reason[];
  mail?: MailIntegration[];
  mailCap?: number;
  keepFullIp?: boolean;
  grant?: Grant[];
  release?: ReleaseDay[];
  advisory?: Advisory[];
}

interface Removals {
  removeCustomField?: string[];
  removeReason?: string[];
  removeMail?: string[];
  revoke?: string[];
  removeRelease?: string[];
  removeAdvisory?: string[];
}

interface Context {
  projects: ProjectsWriter;
  terminal: Terminal;
}

/** `sitebeat projects list|show|create|update|archive` */
export function addProjects(program: Command, shell: Shell): void {
  const group = program.command('projects').description('the plugins and themes that may report');
  withJson(group.command('list').description('all projects')).action((options: Output) =>
    withProjects(shell, async ({ projects, terminal }) => terminal.result(await projects.list(), listText, options)),
  );
  withJson(group.command('show <project>').description('one project, by hash or slug')).action(
    (name: string, options: Output) =>
      withProjects(shell, async ({ projects, terminal }) =>
        terminal.result(await findProject(name, projects), projectText, options),
      ),
  );
  withFields(withJson(group.command('create').description('let a new plugin or theme report')), { mandatory: true })
    .option('--hash <uuid>', 'what the client sends as hash; a new one when not given', lowerCase)
    .action((options: Output & Fields & { hash?: string }) =>
      withProjects(shell, (context) => create(options, context)),
    );
  withFields(withJson(group.command('update <project>').description('change what is given, nothing else')), {})
    .option('--no-keep-full-ip', 'cut addresses to their network again')
    .option('--remove-custom-field <key>', 'allow it no longer (repeatable)', collect(String))
    .option('--remove-reason <id>', 'list it no longer (repeatable)', collect(String))
    .option('--remove-mail <provider:list>', 'subscribe there no longer (repeatable)', collect(String))
    .option('--revoke <email>', 'show it to them no longer (repeatable)', collect(lowerCase))
    .option('--remove-release <version>', 'take its day from the reports again (repeatable)', collect(String))
    .option('--remove-advisory <id>', 'look for its sites no longer (repeatable)', collect(String))
    .action((name: string, options: Output & Fields & Removals) =>
      withProjects(shell, (context) => update(name, options, context)),
    );
  withJson(group.command('archive <project>').description('reject what it reports from now on; nothing is deleted'))
    .option('--undo', 'let it report again')
    .action((name: string, options: Output & { undo?: true }) =>
      withProjects(shell, async (context) => {
        const { hash } = await findProject(name, context.projects);
        await change(hash, { archived: options.undo !== true }, options, context);
      }),
    );
}

function withJson(command: Command): Command {
  return command.option('--json', 'print JSON');
}

function withFields(command: Command, { mandatory = false }: { mandatory?: boolean }): Command {
  const required = (option: Option) => option.makeOptionMandatory(mandatory);
  return command
    .addOption(required(new Option('--name <name>', 'what people call it')))
    .addOption(required(new Option('--slug <slug>', 'its folder on WordPress.org; another name for it here')))
    .addOption(required(new Option('--type <type>').choices(['plugin', 'theme'])))
    .option('--custom-field <key:type[:label]>', 'allow a key of `extra` (repeatable)', collect(parseCustomField))
    .option('--reason <id[:label]>', 'a deactivation reason beside the stock ones (repeatable)', collect(parseReason))
    .option('--mail <provider:list[:off]>', 'subscribe admins there (repeatable)', collect(parseMailIntegration))
    .option(
      '--grant <role:email>',
      'show it to them on the dashboard, as owner or analyst (repeatable)',
      collect(parseGrant),
    )
    .option(
      '--release <version:day>',
      'when a version came out, if not when it was first reported (repeatable)',
      collect(parseReleaseDay),
    )
    .option(
      '--advisory <id[@day]:affected:fixed-in:title>',
      'a hole in some versions, like <3.2.1 (repeatable)',
      collect((text) => parseAdvisory(text)),
    )
    .option(
      '--mail-cap <requests>',
      `ask mail lists that often an hour at most (${DEFAULT_MAIL_CAP})`,
      parsed(parseMailCap),
    )
    .option('--keep-full-ip', "keep a site's whole address, not just its network");
}

/** An option's value; one that cannot be parsed is bad usage. */
function parsed<T>(parse: (text: string) => T) {
  return (text: string): T => {
    try {
      return parse(text);
    } catch (error) {
      throw new InvalidArgumentError((error as Error).message);
    }
  };
}

/** The values of a repeatable option. */
function collect<T>(parse: (text: string) => T) {
  return (text: string, earlier: T[] = []): T[] => [...earlier, parsed(parse)(text)];
}

function lowerCase(text: string): string {
  return text.trim().toLowerCase();
}

async function withProjects({ env, terminal }: Shell, work: (context: Context) => Promise<void>): Promise<void> {
  const { db, close } = openLatest(readLatestConfig(env));
  try {
    await work({ projects: openProjectsWriter(db), terminal });
  } catch (error) {
    if (error instanceof DuplicateProject) throw new CommandFailure(EXIT.found, error.message);
    throw error;
  } finally {
    await close();
  }
}

/** Throws CommandFailure when there is none. */
export async function findProject(hashOrSlug: string, store: Pick<ProjectsWriter, 'find'>): Promise<Project> {
  const project = await store.find(hashOrSlug);
  if (project === undefined) throw new CommandFailure(EXIT.found, `no project has the hash or slug ${hashOrSlug}`);
  return project;
}

async function create(options: Output & Fields & { hash?: string }, { projects, terminal }: Context): Promise<void> {
  const project = validateProject({
    hash: options.hash ?? randomUUID(),
    name: options.name as string,
    slug: options.slug as string,
    type: options.type as Project['type'],
    customFields: options.customField ?? [],
    reasons: options.reason ?? [],
    mailIntegrations: options.mail ?? [],
    mailCapPerHour: options.mailCap ?? DEFAULT_MAIL_CAP,
    keepFullIp: options.keepFullIp ?? false,
    archived: false,
    access: options.grant ?? [],
    releases: options.release ?? [],
    advisories: options.advisory ?? [],
  });
  await projects.create(project);
  terminal.result(project, projectText, options);
}

async function update(name: string, options: Output & Fields & Removals, context: Context): Promise<void> {
  const project = await findProject(name, context.projects);
  const given = {
    ...pick(options, ['name', 'slug', 'type', 'keepFullIp']),
    ...(options.mailCap !== undefined && { mailCapPerHour: options.mailCap }),
    ...editedList('customFields', project, options.customField, options.removeCustomField, ({ key }) => key),
    ...editedList('reasons', project, options.reason, options.removeReason, ({ id }) => id),
    ...editedList('mailIntegrations', project, options.mail, options.removeMail, listKey),
    ...editedList('access', project, options.grant, options.revoke, ({ email }) => email),
    ...editedList('releases', project, options.release, options.removeRelease, ({ version }) => version),
    ...editedList('advisories', project, options.advisory, options.removeAdvisory, ({ id }) => id),
  };
  if (Object.keys(given).length === 0) throw new CommandFailure(EXIT.usage, 'nothing to change; see --help');
  validateProject({ ...project, ...given });
  await change(project.hash, given, options, context);
}

function pick<T extends object, K extends keyof T>(object: T, keys: K[]): { [P in K]?: NonNullable<T[P]> } {
  return Object.fromEntries(keys.filter((key) => object[key] !== undefined).map((key) => [key, object[key]])) as {
    [P in K]?: NonNullable<T[P]>;
  };
}

type Lists = Pick<Project, 'customFields' | 'reasons' | 'mailIntegrations' | 'access' | 'releases' | 'advisories'>;

/** A list of a project with entries put in place of those of the same key, and others taken out; nothing if neither. */
function editedList<K extends keyof Lists, T extends Lists[K][number]>(
  name: K,
  project: Project,
  added: T[] = [],
  removed: string[] = [],
  keyOf: (entry: T) => string,
): { [P in K]?: T[] } {
  if (added.length === 0 && removed.length === 0) return {};
  const entries = new Map((project[name] as T[]).map((entry) => [keyOf(entry), entry]));
  for (const key of removed) {
    if (!entries.delete(key)) throw new CommandFailure(EXIT.found, `${name} has no ${key}`);
  }
  for (const entry of added) entries.set(keyOf(entry), entry);
  return { [name]: [...entries.values()] } as { [P in K]?: T[] };
}

async function change(
  hash: string,
  fields: Partial<Omit<Project, 'hash'>>,
  options: Output,
  { projects, terminal }: Context,
): Promise<void> {
  const changed = await projects.update(hash, fields);
  if (changed === undefined) throw new CommandFailure(EXIT.found, 'the project is gone');
  terminal.result(changed, projectText, options);
}

function listText(projects: Project[]): string {
  if (projects.length === 0) return 'no projects; sitebeat projects create makes one';
  const rows = projects.map(({ slug, name, type, hash, customFields, mailIntegrations, archived }) => {
    const lists = mailIntegrations.filter(({ enabled }) => enabled).length;
    return [slug, name, type, hash, customFields.length, lists, archived];
  });
  return table(['slug', 'name', 'type', 'hash', 'custom fields', 'mail lists', 'archived'], rows);
}

function projectText(project: Project): string {
  return section([
    ['name', project.name],
    ['slug', project.slug],
    ['type', project.type],
    ['hash', project.hash],
    ['custom fields', project.customFields.map(({ key, type, label }) => `${key} (${type}): ${label}`)],
    ['reasons', project.reasons.map(({ id, label }) => `${id}: ${label}`)],
    ['mail', project.mailIntegrations.map((mail) => `${listKey(mail)}${mail.enabled ? '' : ' (off)'}`)],
    ['mail cap', `${project.mailCapPerHour} requests an hour`],
    ['addresses', project.keepFullIp ? 'kept whole' : 'cut to their network'],
    ['access', project.access.map(({ email, role }) => `${email} (${role})`)],
    ['releases', project.releases.map(({ version, releasedOn }) => `${version}: ${releasedOn}`)],
    ['advisories', project.advisories.map(({ id, affected, title }) => `${id} (${affected}): ${title}`)],
    ['archived', project.archived],
  ]);
}
