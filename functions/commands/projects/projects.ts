import { randomUUID } from 'node:crypto';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Advisory } from '../../../shared/project/advisories.ts';
import {
  type CustomField,
  DEFAULT_MAIL_CAP,
  filterableKeys,
  type Grant,
  isListedOtherwise,
  listKey,
  MAX_FILTERABLE,
  type MailIntegration,
  type Project,
  type Reason,
  type ReleaseDay,
} from '../../../shared/project/project.ts';
import { openLatest } from '../../../shared/stores/mongodb.ts';
import { DuplicateProject, openProjectsWriter, type ProjectsWriter } from '../../../shared/stores/projects-writer.ts';
import { CommandFailure, EXIT } from '../command-failure.ts';
import { readLatestConfig } from '../config.ts';
import type { Output, Shell, Terminal } from '../terminal.ts';
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
import { listText, projectText } from './project-text.ts';

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
  filterable?: string[];
}

interface Removals {
  removeCustomField?: string[];
  removeFilterable?: string[];
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
    .option('--remove-filterable <key>', 'list sites by it no longer (repeatable)', collect(String))
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
    .option(
      '--filterable <key>',
      `let sites be listed by a custom field (repeatable, ${MAX_FILTERABLE} at most)`,
      collect(String),
    )
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
  const customFields = markedFields(options.customField ?? [], options);
  const project = validateProject({
    hash: options.hash ?? randomUUID(),
    name: options.name as string,
    slug: options.slug as string,
    type: options.type as Project['type'],
    customFields,
    reasons: options.reason ?? [],
    mailIntegrations: options.mail ?? [],
    mailCapPerHour: options.mailCap ?? DEFAULT_MAIL_CAP,
    keepFullIp: options.keepFullIp ?? false,
    archived: false,
    access: options.grant ?? [],
    releases: options.release ?? [],
    advisories: options.advisory ?? [],
    ...(options.filterable && { listedBy: filterableKeys({ customFields }) }),
  });
  await projects.create(project);
  terminal.result(project, projectText, options);
}

async function update(name: string, options: Output & Fields & Removals, context: Context): Promise<void> {
  const project = await findProject(name, context.projects);
  const given = {
    ...pick(options, ['name', 'slug', 'type', 'keepFullIp']),
    ...(options.mailCap !== undefined && { mailCapPerHour: options.mailCap }),
    ...editedFields(project, options),
    ...editedList('reasons', project, options.reason, options.removeReason, ({ id }) => id),
    ...editedList('mailIntegrations', project, options.mail, options.removeMail, listKey),
    ...editedList('access', project, options.grant, options.revoke, ({ email }) => email),
    ...editedList('releases', project, options.release, options.removeRelease, ({ version }) => version),
    ...editedList('advisories', project, options.advisory, options.removeAdvisory, ({ id }) => id),
  };
  if (Object.keys(given).length === 0) throw new CommandFailure(EXIT.usage, 'nothing to change; see --help');
  const changed = validateProject({ ...project, ...given });
  if (given.customFields && isListedOtherwise(changed)) {
    context.terminal.note('sitebeat setup makes the sites that are there ready to be listed by the filterable fields');
  }
  await change(project.hash, given, options, context);
}

function pick<T extends object, K extends keyof T>(object: T, keys: K[]): { [P in K]?: NonNullable<T[P]> } {
  return Object.fromEntries(keys.filter((key) => object[key] !== undefined).map((key) => [key, object[key]])) as {
    [P in K]?: NonNullable<T[P]>;
  };
}

/** The custom fields as they are to be; nothing when they stay. A field that is stated anew stays filterable. */
function editedFields(project: Project, options: Fields & Removals): { customFields?: CustomField[] } {
  const { customField, removeCustomField, filterable, removeFilterable = [] } = options;
  const before = filterableKeys(project);
  const { customFields } = editedList('customFields', project, customField, removeCustomField, ({ key }) => key);
  if (customFields === undefined && filterable === undefined && removeFilterable.length === 0) return {};
  const fields = customFields ?? project.customFields;
  const kept = before.filter((key) => fields.some((field) => field.key === key));
  return { customFields: markedFields(fields, { filterable: [...kept, ...(filterable ?? [])], removeFilterable }) };
}

function markedFields(
  fields: CustomField[],
  { filterable = [], removeFilterable = [] }: Pick<Fields & Removals, 'filterable' | 'removeFilterable'>,
): CustomField[] {
  for (const key of filterable) {
    if (!fields.some((field) => field.key === key)) throw new CommandFailure(EXIT.found, `customFields has no ${key}`);
  }
  for (const key of removeFilterable) {
    if (!filterable.includes(key)) throw new CommandFailure(EXIT.found, `${key} is not filterable`);
  }
  const marked = filterable.filter((key) => !removeFilterable.includes(key));
  return fields.map(({ filterable: _, ...field }) =>
    marked.includes(field.key) ? { ...field, filterable: true } : field,
  );
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
