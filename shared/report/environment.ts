export type Environment = 'production' | 'staging' | 'local';

const LOCAL_SUFFIXES = [
  'localhost',
  'local',
  'test',
  'localdomain',
  'lan',
  'home',
  'internal',
  'invalid',
  'docksal.site',
  'lndo.site',
  'ddev.site',
];
const STAGING_SUFFIXES = [
  'wpengine.com',
  'wpenginepowered.com',
  'kinsta.cloud',
  'pantheonsite.io',
  'cloudwaysapps.com',
  'flywheelsites.com',
  'flywheelstaging.com',
  'instawp.xyz',
  'instawp.co',
  'tastewp.com',
  'wpstage.net',
  'myftpupload.com',
  'ngrok.io',
  'ngrok-free.app',
];
const STAGING_LABELS = /^(?:staging|stage|stg|dev|develop|test|testing|uat|qa|preview|sandbox)\d*$/;
const PRIVATE_V4 = /^(?:0\.|10\.|127\.|169\.254\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.)/;

/**
 * Where a site runs, by its host alone: the client's `is_local` is also 1 for public sites behind a local proxy and for
 * cron run from the command line. Takes a canonical site.
 */
export function environmentOf(site: string): Environment {
  const host = site.startsWith('[') ? site.slice(0, site.indexOf(']') + 1) : (site.split(/[:/]/, 1)[0] as string);
  if (isLocalHost(host)) return 'local';
  const labels = host.split('.');
  // the last two labels are somebody's registered domain, where `dev.example` is a name and no mark
  const marked = labels.slice(0, -2).some((label) => STAGING_LABELS.test(label));
  return marked || hasSuffix(host, STAGING_SUFFIXES) ? 'staging' : 'production';
}

function isLocalHost(host: string): boolean {
  if (host.startsWith('[')) return /^\[(?:::1?|f[cd].*|fe[89ab].*)\]$/.test(host);
  if (/^\d+\.\d+\.\d+\.\d+$/.test(host)) return PRIVATE_V4.test(host);
  return !host.includes('.') || hasSuffix(host, LOCAL_SUFFIXES);
}

function hasSuffix(host: string, suffixes: string[]): boolean {
  return suffixes.some((suffix) => host === suffix || host.endsWith(`.${suffix}`));
}
