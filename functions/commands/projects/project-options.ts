import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Advisory } from '../../../shared/project/advisories.ts';
import {
  type CustomField,
  DEFAULT_MAIL_CAP,
  type Grant,
  MAX_FILTERABLE,
  type MailIntegration,
  type Project,
  type Reason,
  type ReleaseDay,
} from '../../../shared/project/project.ts';
import {
  parseAdvisory,
  parseCustomField,
  parseGrant,
  parseMailCap,
  parseMailIntegration,
  parseReason,
  parseReleaseDay,
} from './project-input.ts';

/** What a project is made with, or given. */
export interface Fields {
  name?: string;
  slug?: string;
  type?: Project['type'];
  customField?: CustomField[];
  reason?: Reason[];
  mail?: MailIntegration[];
  mailCap?: number;
  keepFullIp?: boolean;
  filterable?: string[];
  grant?: Grant[];
  release?: ReleaseDay[];
  advisory?: Advisory[];
}

/** What is taken away from it. */
export interface Removals {
  removeCustomField?: string[];
  removeFilterable?: string[];
  removeReason?: string[];
  removeMail?: string[];
  revoke?: string[];
  removeRelease?: string[];
  removeAdvisory?: string[];
}

/** `mandatory`: a project cannot be without its names and type. */
export function withFields(command: Command, { mandatory = false }: { mandatory?: boolean }): Command {
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

export function withRemovals(command: Command): Command {
  return command
    .option('--no-keep-full-ip', 'cut addresses to their network again')
    .option('--remove-custom-field <key>', 'allow it no longer (repeatable)', collect(String))
    .option('--remove-filterable <key>', 'list sites by it no longer (repeatable)', collect(String))
    .option('--remove-reason <id>', 'list it no longer (repeatable)', collect(String))
    .option('--remove-mail <provider:list>', 'subscribe there no longer (repeatable)', collect(String))
    .option('--revoke <email>', 'show it to them no longer (repeatable)', collect(lowerCase))
    .option('--remove-release <version>', 'take its day from the reports again (repeatable)', collect(String))
    .option('--remove-advisory <id>', 'look for its sites no longer (repeatable)', collect(String));
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

export function lowerCase(text: string): string {
  return text.trim().toLowerCase();
}
