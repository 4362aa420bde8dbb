export interface Plugin {
  slug: string;
  name: string | null;
  version: string | null;
}

/** How a value is cast; see cast-field.ts. */
export type FieldType = 'text' | 'url' | 'integer' | 'boolean' | 'bytes' | 'roles' | 'plugins';

/** One field of a site report: from where in the payload to which column, and to which field of MongoDB. */
export interface Field {
  column: string;
  /** Places in the payload, dotted; the first that is there counts. Later ones are what older clients say. */
  paths: readonly string[];
  type: FieldType;
  /** Longest text that is kept, in characters. */
  maxLength?: number;
  /** The text `0` is a value, and not PHP's false. */
  mayBeZero?: true;
  /** Says who a person is: never taken from a deactivation, which asks nobody for consent. */
  personal?: true;
  /** What it belongs to: the newest event that states a part of a group states all of it. Without one it stands alone. */
  group?: FieldGroup;
}

/** Fields that only make sense together: a name belongs to its address, a theme's version to its slug. */
export type FieldGroup = 'admin' | 'server' | 'wp' | 'theme' | 'users' | 'pluginCounts' | 'origin';

/**
 * Every field of a report that a client states, and how it is read. A new field is a row here and a column in
 * schemas/bigquery/sites.json. Sources: the releases of the public PHP client; before 1.1.12 `version` stands for
 * project_version, a top-level `theme` for wp.theme_slug, and deactivations say user_email.
 */
const TABLE = [
  { column: 'url', paths: ['url'], type: 'url' },
  { column: 'name', paths: ['site'], type: 'text', maxLength: 512, mayBeZero: true },
  {
    column: 'admin_email',
    paths: ['admin_email', 'user_email'],
    type: 'text',
    maxLength: 320,
    personal: true,
    group: 'admin',
  },
  { column: 'first_name', paths: ['first_name'], type: 'text', maxLength: 256, personal: true, group: 'admin' },
  { column: 'last_name', paths: ['last_name'], type: 'text', maxLength: 256, personal: true, group: 'admin' },
  { column: 'server_software', paths: ['server.software'], type: 'text', maxLength: 256, group: 'server' },
  { column: 'php_version', paths: ['server.php_version'], type: 'text', maxLength: 64, group: 'server' },
  { column: 'mysql_version', paths: ['server.mysql_version'], type: 'text', maxLength: 64, group: 'server' },
  { column: 'php_max_upload_bytes', paths: ['server.php_max_upload_size'], type: 'bytes', group: 'server' },
  { column: 'php_timezone', paths: ['server.php_default_timezone'], type: 'text', maxLength: 64, group: 'server' },
  { column: 'php_soap', paths: ['server.php_soap'], type: 'boolean', group: 'server' },
  { column: 'php_fsockopen', paths: ['server.php_fsockopen'], type: 'boolean', group: 'server' },
  { column: 'php_curl', paths: ['server.php_curl'], type: 'boolean', group: 'server' },
  { column: 'wp_version', paths: ['wp.version'], type: 'text', maxLength: 64, group: 'wp' },
  { column: 'wp_memory_limit_bytes', paths: ['wp.memory_limit'], type: 'bytes', group: 'wp' },
  { column: 'wp_debug_mode', paths: ['wp.debug_mode'], type: 'boolean', group: 'wp' },
  { column: 'locale', paths: ['wp.locale'], type: 'text', maxLength: 32, group: 'wp' },
  { column: 'multisite', paths: ['wp.multisite'], type: 'boolean', group: 'wp' },
  { column: 'theme_slug', paths: ['wp.theme_slug', 'theme'], type: 'text', maxLength: 256, group: 'theme' },
  { column: 'theme_name', paths: ['wp.theme_name'], type: 'text', maxLength: 256, group: 'theme' },
  { column: 'theme_version', paths: ['wp.theme_version'], type: 'text', maxLength: 64, group: 'theme' },
  { column: 'theme_uri', paths: ['wp.theme_uri'], type: 'url', group: 'theme' },
  { column: 'theme_author', paths: ['wp.theme_author'], type: 'text', maxLength: 256, group: 'theme' },
  { column: 'users_total', paths: ['users.total'], type: 'integer', group: 'users' },
  { column: 'users_by_role', paths: ['users'], type: 'roles', group: 'users' },
  { column: 'active_plugins', paths: ['active_plugins'], type: 'integer', group: 'pluginCounts' },
  { column: 'inactive_plugins', paths: ['inactive_plugins'], type: 'integer', group: 'pluginCounts' },
  { column: 'plugins', paths: ['plugins'], type: 'plugins' },
  { column: 'project_version', paths: ['project_version', 'version'], type: 'text', maxLength: 64 },
  { column: 'tracking_skipped', paths: ['tracking_skipped'], type: 'boolean' },
  { column: 'is_local', paths: ['is_local'], type: 'boolean' },
  { column: 'client_version', paths: ['client'], type: 'text', maxLength: 64 },
] as const satisfies readonly Field[];
export const FIELDS: readonly Field[] = TABLE;

/** Places that are read elsewhere, or are no field of the report; what is neither here nor in FIELDS is additional. */
export const OTHER_PATHS: readonly string[] = [
  'hash',
  'ip_address',
  'extra',
  'reason_id',
  'reason_info',
  'previously_skipped',
];

/** Columns that are derived, and the group whose fields they are derived from. */
const DERIVED = [
  { column: 'web_server', group: 'server' },
  { column: 'php_minor', group: 'server' },
  { column: 'database', group: 'server' },
  { column: 'wp_minor', group: 'wp' },
  { column: 'ip_address', group: 'origin' },
  { column: 'country', group: 'origin' },
] as const satisfies readonly { column: string; group: FieldGroup }[];

/** `php_minor` -> `phpMinor`: a column's name in MongoDB. */
export function camelCase(column: string): string {
  return column.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

type CamelCase<Column extends string> = Column extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Column;

interface TypeValues {
  text: string;
  url: string;
  integer: number;
  boolean: boolean;
  bytes: number;
  roles: Record<string, number>;
  plugins: Plugin[];
}

/** The fields of a report as MongoDB has them; one that is not there is unknown. */
export type SiteFields = {
  [F in (typeof TABLE)[number] as CamelCase<F['column']>]?: TypeValues[F['type']];
} & { [D in (typeof DERIVED)[number] as CamelCase<D['column']>]?: string };

/** The fields of each group in MongoDB, by the group's name: that of its only field, where it stands alone. */
export const GROUPS: ReadonlyMap<string, readonly string[]> = groupsOf([...FIELDS, ...DERIVED]);

function groupsOf(fields: readonly { column: string; group?: string }[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const { column, group = camelCase(column) } of fields) {
    groups.set(group, [...(groups.get(group) ?? []), camelCase(column)]);
  }
  return groups;
}
