import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import {
  type CustomField,
  DEFAULT_MAIL_CAP,
  filterableKeys,
  isListedOtherwise,
  listKey,
  type Project,
} from '../../../shared/project/project.ts';
import { openLatest } from '../../../shared/stores/mongodb.ts';
import { DuplicateProject, openProjectsWriter, type ProjectsWriter } from '../../../shared/stores/projects-writer.ts';
import { CommandFailure, EXIT } from '../command-failure.ts';
import { readLatestConfig } from '../config.ts';
import { type Output, type Shell, section, type Terminal, table } from '../terminal.ts';
import { audited } from './audited.ts';
import { findProject } from './find-project.ts';
import { validateProject } from './project-input.ts';
import { type Fields, lowerCase, type Removals, withFields, withRemovals } from './project-options.ts';

interface Context {
  env: NodeJS.ProcessEnv;
  projects: ProjectsWriter;
  terminal: Terminal;
}

/** `sitebeat projects list|show|create|update|archive` */
export function defineProjects(group: Command, shell: Shell): void {
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
  withRemovals(
    withFields(withJson(group.command('update <project>').description('change what is given, nothing else')), {}),
  ).action((name: string, options: Output & Fields & Removals) =>
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

async function withProjects({ env, terminal }: Shell, work: (context: Context) => Promise<void>): Promise<void> {
  const { db, close } = openLatest(readLatestConfig(env));
  try {
    await work({ env, projects: openProjectsWriter(db), terminal });
  } catch (error) {
    if (error instanceof DuplicateProject) throw new CommandFailure(EXIT.found, error.message);
    throw error;
  } finally {
    await close();
  }
}

async function create(
  options: Output & Fields & { hash?: string },
  { env, projects, terminal }: Context,
): Promise<void> {
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
  await audited(env, { projectHash: project.hash, grant: options.grant }, () => projects.create(project));
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
  const isMarkedAnew = filterableKeys(changed).join('\n') !== filterableKeys(project).join('\n');
  // what is written from now on is for the new ones: also if the former ones come back, not all sites are
  const fields = isMarkedAnew ? { ...given, listedBy: [] } : given;
  if (isListedOtherwise({ ...changed, ...fields })) {
    context.terminal.note('sitebeat setup makes the sites that are there ready to be listed by the filterable fields');
  }
  const { grant, revoke } = options;
  await audited(context.env, { projectHash: project.hash, grant, revoke }, () =>
    change(project.hash, fields, options, context),
  );
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
    if (!fields.some((field) => field.key === key))
      throw new CommandFailure(EXIT.found, `the project has no custom field ${key}`);
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

const ENTRY: Record<keyof Lists, string> = {
  customFields: 'custom field',
  reasons: 'reason',
  mailIntegrations: 'mail list',
  access: 'grant to',
  releases: 'release day of',
  advisories: 'advisory',
};

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
    if (!entries.delete(key)) throw new CommandFailure(EXIT.found, `the project has no ${ENTRY[name]} ${key}`);
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
    [
      'custom fields',
      project.customFields.map(
        ({ key, type, label, filterable }) => `${key} (${type}${filterable ? ', filterable' : ''}): ${label}`,
      ),
    ],
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
