/** How a value is cast; see cast.ts. */
export type FieldType = 'text' | 'integer' | 'boolean' | 'bytes' | 'roles' | 'plugins';

/** One field of a site report: from where in the payload to which column, and to which field of MongoDB. */
export interface Field {
  column: string;
  /** Places in the payload, dotted; the first that is there counts. Later ones are what older clients say. */
  paths: readonly string[];
  type: FieldType;
  /** Longest text that is kept, in characters. */
  maxLength?: number;
  /** Says who a person is: never taken from a deactivation, which asks nobody for consent. */
  personal?: true;
}

/**
 * Every field of a report that a client states, and how it is read. A new field is a row here and a column in
 * schemas/bigquery/sites.json. Sources: the releases of the public PHP client; before 1.1.12 `version` stands for
 * project_version, a top-level `theme` for wp.theme_slug, and deactivations say user_email.
 */
export const FIELDS: readonly Field[] = [
  { column: 'url', paths: ['url'], type: 'text', maxLength: 2048 },
  { column: 'name', paths: ['site'], type: 'text', maxLength: 512 },
  { column: 'admin_email', paths: ['admin_email', 'user_email'], type: 'text', maxLength: 320, personal: true },
  { column: 'first_name', paths: ['first_name'], type: 'text', maxLength: 256, personal: true },
  { column: 'last_name', paths: ['last_name'], type: 'text', maxLength: 256, personal: true },
  { column: 'server_software', paths: ['server.software'], type: 'text', maxLength: 256 },
  { column: 'php_version', paths: ['server.php_version'], type: 'text', maxLength: 64 },
  { column: 'mysql_version', paths: ['server.mysql_version'], type: 'text', maxLength: 64 },
  { column: 'php_max_upload_bytes', paths: ['server.php_max_upload_size'], type: 'bytes' },
  { column: 'php_timezone', paths: ['server.php_default_timezone'], type: 'text', maxLength: 64 },
  { column: 'php_soap', paths: ['server.php_soap'], type: 'boolean' },
  { column: 'php_fsockopen', paths: ['server.php_fsockopen'], type: 'boolean' },
  { column: 'php_curl', paths: ['server.php_curl'], type: 'boolean' },
  { column: 'wp_version', paths: ['wp.version'], type: 'text', maxLength: 64 },
  { column: 'wp_memory_limit_bytes', paths: ['wp.memory_limit'], type: 'bytes' },
  { column: 'wp_debug_mode', paths: ['wp.debug_mode'], type: 'boolean' },
  { column: 'locale', paths: ['wp.locale'], type: 'text', maxLength: 32 },
  { column: 'multisite', paths: ['wp.multisite'], type: 'boolean' },
  { column: 'theme_slug', paths: ['wp.theme_slug', 'theme'], type: 'text', maxLength: 256 },
  { column: 'theme_name', paths: ['wp.theme_name'], type: 'text', maxLength: 256 },
  { column: 'theme_version', paths: ['wp.theme_version'], type: 'text', maxLength: 64 },
  { column: 'theme_uri', paths: ['wp.theme_uri'], type: 'text', maxLength: 2048 },
  { column: 'theme_author', paths: ['wp.theme_author'], type: 'text', maxLength: 256 },
  { column: 'users_total', paths: ['users.total'], type: 'integer' },
  { column: 'users_by_role', paths: ['users'], type: 'roles' },
  { column: 'active_plugins', paths: ['active_plugins'], type: 'integer' },
  { column: 'inactive_plugins', paths: ['inactive_plugins'], type: 'integer' },
  { column: 'plugins', paths: ['plugins'], type: 'plugins' },
  { column: 'project_version', paths: ['project_version', 'version'], type: 'text', maxLength: 64 },
  { column: 'tracking_skipped', paths: ['tracking_skipped'], type: 'boolean' },
  { column: 'is_local', paths: ['is_local'], type: 'boolean' },
  { column: 'client_version', paths: ['client'], type: 'text', maxLength: 64 },
];

/** Places that are read elsewhere, or are no field of the report; what is neither here nor in FIELDS is additional. */
export const OTHER_PATHS: readonly string[] = [
  'hash',
  'ip_address',
  'extra',
  'reason_id',
  'reason_info',
  'previously_skipped',
];

/** Columns that are derived: groups for charts beside the raw values, and where a report is from. */
export const DERIVED_COLUMNS = [
  'web_server',
  'php_minor',
  'wp_minor',
  'database',
  'ip_address',
  'country',
  'fingerprint',
] as const;
