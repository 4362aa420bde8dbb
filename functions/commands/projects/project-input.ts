import {
  ArrayMaxSize,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsISO8601,
  IsNotEmpty,
  IsOptional,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateNested,
  type ValidationError,
  validateSync,
} from 'class-validator';
import { type Advisory, isVersionRange } from '../../../shared/project/advisories.ts';
import { CUSTOM_FIELD_KEY, safeKey } from '../../../shared/project/custom-fields.ts';
import {
  CUSTOM_FIELD_TYPES,
  type CustomField,
  type CustomFieldType,
  type Grant,
  listKey,
  MAIL_PROVIDERS,
  MAX_FILTERABLE,
  type MailIntegration,
  type Project,
  type Reason,
  type ReleaseDay,
  ROLES,
  type Role,
} from '../../../shared/project/project.ts';
import { STOCK_REASONS } from '../../../shared/report/deactivation.ts';
import { CommandFailure, EXIT } from '../command-failure.ts';

export const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const SLUG = /^(?![0-9a-f]{8}-[0-9a-f]{4}-)[a-z0-9]+(?:[-_][a-z0-9]+)*$/;
/** What every deactivation under an id that no project lists counts as. */
const UNLISTED = 'unlisted';
/** More than any list takes in an hour: above, a cap protects nobody. */
const MAX_MAIL_CAP = 100_000;

class CustomFieldInput implements CustomField {
  /** What a JSON path and SQL can both quote. */
  @Matches(CUSTOM_FIELD_KEY, { message: 'a custom field key has no quotes, backslashes and control characters' })
  @MaxLength(128)
  key!: string;
  @IsIn(CUSTOM_FIELD_TYPES) type!: CustomFieldType;
  @IsNotEmpty() @MaxLength(128) label!: string;
  @IsOptional() @IsIn([true]) filterable?: true;
}

class ReasonInput implements Reason {
  @Matches(/^\S{1,128}$/, { message: 'id must be 1 to 128 characters without spaces' }) id!: string;
  @IsNotEmpty() @MaxLength(256) label!: string;
}

class MailIntegrationInput implements MailIntegration {
  @IsIn(MAIL_PROVIDERS) provider!: MailIntegration['provider'];
  @IsNotEmpty() @MaxLength(256) list!: string;
  @IsBoolean() enabled!: boolean;
}

class GrantInput implements Grant {
  @IsIn(ROLES) role!: Role;
  @Matches(/^[^\s,@]{1,64}@[^\s,@]{1,190}$/, { message: 'a grant needs an e-mail address' }) email!: string;
}

const IsDay = () => Matches(/^\d{4}-\d{2}-\d{2}$/, { message: '$property must be a day, like 2026-01-31' });

class ReleaseDayInput implements ReleaseDay {
  @Matches(/^\S{1,100}$/, { message: 'a release needs its version' }) version!: string;
  @IsDay() @IsISO8601({ strict: true }, { message: '$property must be a day that there is' }) releasedOn!: string;
}

class AdvisoryInput implements Advisory {
  @Matches(/^\S{1,100}$/, { message: 'id must be 1 to 100 characters without spaces' }) id!: string;
  @IsNotEmpty() @MaxLength(256) title!: string;
  @MaxLength(200) affected!: string;
  @Matches(/^\S{1,100}$/, { message: 'an advisory needs the version that it is fixed in' }) fixedIn!: string;
  @IsDay() @IsISO8601({ strict: true }, { message: '$property must be a day that there is' }) publishedAt!: string;
}

/** A project as a person states it. */
class ProjectInput implements Project {
  @Matches(UUID, { message: 'hash must be a UUID' }) hash!: string;
  @IsNotEmpty() @IsString() @MaxLength(200) name!: string;
  @MaxLength(100)
  @Matches(SLUG, { message: 'slug must be lower-case letters, digits, single - or _ between them, and no UUID' })
  slug!: string;
  @IsIn(['plugin', 'theme']) type!: Project['type'];
  // two keys that MongoDB could not tell apart are one
  @ValidateNested({ each: true })
  @ArrayMaxSize(100)
  @ArrayUnique(({ key }: CustomField) => safeKey(key), { message: 'every custom field needs a key of its own' })
  customFields!: CustomFieldInput[];
  @ValidateNested({ each: true })
  @ArrayMaxSize(100)
  @ArrayUnique(({ id }: Reason) => id, { message: 'every reason needs an id of its own' })
  reasons!: ReasonInput[];
  @ValidateNested({ each: true })
  @ArrayMaxSize(20)
  @ArrayUnique(listKey, { message: 'every mail integration needs a list of its own' })
  @IsArray()
  mailIntegrations!: MailIntegrationInput[];
  // none at all is what turning the lists off is for
  @IsInt({ message: 'the mail cap must be a whole number' })
  @Min(1, { message: 'the mail cap must be at least 1' })
  @Max(MAX_MAIL_CAP, { message: `the mail cap must be at most ${MAX_MAIL_CAP}` })
  mailCapPerHour!: number;
  @IsBoolean() keepFullIp!: boolean;
  @IsBoolean() archived!: boolean;
  @ValidateNested({ each: true })
  @ArrayMaxSize(100)
  @ArrayUnique(({ email }: Grant) => email, { message: 'everybody has one role' })
  access!: GrantInput[];
  @ValidateNested({ each: true })
  @ArrayMaxSize(500)
  @ArrayUnique(({ version }: ReleaseDay) => version, { message: 'every release needs a version of its own' })
  releases!: ReleaseDayInput[];
  @ValidateNested({ each: true })
  @ArrayMaxSize(100)
  @ArrayUnique(({ id }: Advisory) => id, { message: 'every advisory needs an id of its own' })
  advisories!: AdvisoryInput[];
}

/** Checks a project. Throws CommandFailure (bad usage) that names every wrong place. */
export function validateProject(project: Project): Project {
  const input = Object.assign(new ProjectInput(), project, {
    customFields: project.customFields.map((field) => Object.assign(new CustomFieldInput(), field)),
    reasons: project.reasons.map((reason) => Object.assign(new ReasonInput(), reason)),
    mailIntegrations: project.mailIntegrations.map((mail) => Object.assign(new MailIntegrationInput(), mail)),
    access: project.access.map((grant) => Object.assign(new GrantInput(), grant)),
    releases: project.releases.map((release) => Object.assign(new ReleaseDayInput(), release)),
    advisories: project.advisories.map((advisory) => Object.assign(new AdvisoryInput(), advisory)),
  });
  const problems = [
    ...validateSync(input).flatMap((error) => messagesOf(error)),
    ...project.reasons
      .filter(({ id }) => id === UNLISTED || STOCK_REASONS.includes(id))
      .map(({ id }) => `the reason ${id} is there for every project`),
    ...filterableProblems(project),
    ...project.advisories
      .filter(({ affected }) => !isVersionRange(affected))
      .map(({ id }) => `advisories: ${id}: affected must be like <3.2.1 or ">=3.0 <3.2.1"`),
  ];
  if (problems.length > 0) throw new CommandFailure(EXIT.usage, problems.join('; '));
  return project;
}

function filterableProblems({ customFields }: Project): string[] {
  const filterable = customFields.filter((field) => field.filterable);
  const tooMany = `${MAX_FILTERABLE} custom fields can be filterable, not ${filterable.length}`;
  return [
    ...(filterable.length > MAX_FILTERABLE ? [tooMany] : []),
    ...filterable.filter(({ type }) => type === 'json').map(({ key }) => `nothing can be listed by ${key}: it is json`),
  ];
}

function messagesOf({ property, constraints, children }: ValidationError, parent = ''): string[] {
  return [
    ...Object.values(constraints ?? {}).map((message) => `${parent}${message}`),
    ...(children ?? []).flatMap((child) => messagesOf(child, `${parent}${property}: `)),
  ];
}

/** `KEY:TYPE[:LABEL]`; the label is the key when none is given. Throws an Error that says what is expected. */
export function parseCustomField(text: string): CustomField {
  const pattern = new RegExp(`^(.+?):(${CUSTOM_FIELD_TYPES.join('|')})(?::(.+))?$`, 's');
  const [, key, type, label] = pattern.exec(text) ?? [];
  if (key === undefined) throw new Error(`expected KEY:TYPE[:LABEL], TYPE one of ${CUSTOM_FIELD_TYPES.join(', ')}`);
  return { key, type: type as CustomFieldType, label: label ?? key };
}

/** `ID[:LABEL]`; the label is the id when none is given. */
export function parseReason(text: string): Reason {
  const [, id = text, label = id] = /^([^:]+):(.+)$/s.exec(text) ?? [];
  return { id, label };
}

/** `PROVIDER:LIST[:off]`. Throws an Error that says what is expected. */
export function parseMailIntegration(text: string): MailIntegration {
  const [, provider, list, off] = new RegExp(`^(${MAIL_PROVIDERS.join('|')}):([^:]+)(:off)?$`).exec(text) ?? [];
  if (provider === undefined || list === undefined) {
    throw new Error(`expected PROVIDER:LIST[:off], PROVIDER one of ${MAIL_PROVIDERS.join(', ')}`);
  }
  return { provider: provider as MailIntegration['provider'], list, enabled: off === undefined };
}

/** A number of requests an hour; what it may be, validateProject says. Throws an Error for what is no number. */
export function parseMailCap(text: string): number {
  if (!/^-?\d+(?:\.\d+)?$/.test(text)) throw new Error('expected a number');
  return Number(text);
}

/** `ROLE:EMAIL`. Throws an Error that says what is expected. */
export function parseGrant(text: string): Grant {
  const [, role, email] = new RegExp(`^(${ROLES.join('|')}):(.+)$`).exec(text) ?? [];
  if (role === undefined || email === undefined)
    throw new Error(`expected ROLE:EMAIL, ROLE one of ${ROLES.join(', ')}`);
  return { role: role as Role, email: email.toLowerCase() };
}

/** `VERSION:DAY`. Throws an Error that says what is expected. */
export function parseReleaseDay(text: string): ReleaseDay {
  const [, version, releasedOn] = /^([^:]+):(\d{4}-\d{2}-\d{2})$/.exec(text) ?? [];
  if (version === undefined || releasedOn === undefined) throw new Error('expected VERSION:DAY, like 3.2.0:2026-11-01');
  return { version, releasedOn };
}

/** `ID[@DAY]:AFFECTED:FIXED-IN:TITLE`; published today when no day is given. Throws an Error that says what is expected. */
export function parseAdvisory(text: string, today = new Date().toISOString().slice(0, 10)): Advisory {
  const [, id, publishedAt = today, affected, fixedIn, title] =
    /^([^:@]+)(?:@(\d{4}-\d{2}-\d{2}))?:([^:]+):([^:]+):(.+)$/s.exec(text) ?? [];
  if (id === undefined || affected === undefined || fixedIn === undefined || title === undefined) {
    throw new Error(
      'expected ID[@DAY]:AFFECTED:FIXED-IN:TITLE, like "2026-2@2026-11-01:<3.2.1:3.2.1:Forms show drafts"',
    );
  }
  return { id, title, affected, fixedIn, publishedAt };
}
