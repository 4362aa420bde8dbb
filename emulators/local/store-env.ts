/** The variables that point at the stores and the mail API; each that is set is used, each that is not is embedded. */
export const STORE_VARIABLES = [
  'STORAGE_EMULATOR_HOST',
  'PUBSUB_EMULATOR_HOST',
  'BIGQUERY_EMULATOR_HOST',
  'MONGODB_URI',
  'MAIL_API_URL',
] as const;

/** The names that a mesh runs under when the environment gives none. */
export const DEFAULTS = {
  GOOGLE_CLOUD_PROJECT: 'sitebeat-local',
  ARCHIVE_BUCKET: 'sitebeat-archive',
  BIGQUERY_DATASET: 'sitebeat',
  MAIL_API_SECRET: 'local',
  // else every client first looks for Google's metadata server
  METADATA_SERVER_DETECTION: 'none',
};

/** Where the stores are, and the names of what is in them. */
export type StoreEnv = Record<(typeof STORE_VARIABLES)[number] | keyof typeof DEFAULTS, string>;
