import { getSubdomain } from 'tldts';
import { publicAddress } from './country.ts';
import { EPHEMERAL_HOSTS, isNamed, LOCAL_HOSTS, STAGING_HOSTS } from './hosts.ts';

/** Only `production` is an install; `ephemeral` is made by a click and gone by the evening. */
export type Environment = 'production' | 'staging' | 'local' | 'ephemeral';

/**
 * Where a site runs, by its host: the client's `is_local` is also 1 for public sites behind a local proxy and for cron run from
 * the command line. Takes a canonical site, and the server's software where it is known: WordPress Playground runs on others'
 * hosts too, as PHP.wasm.
 */
export function environmentOf(site: string, software: unknown = null): Environment {
  const host = site.startsWith('[') ? site.slice(0, site.indexOf(']') + 1) : (site.split(/[:/]/, 1)[0] as string);
  if (isLocalHost(host)) return 'local';
  if (isNamed(host, EPHEMERAL_HOSTS) || /^\s*php\.wasm/i.test(String(software))) return 'ephemeral';
  return isMarked(host) || isNamed(host, STAGING_HOSTS) ? 'staging' : 'production';
}

const IP_HOST = /^(?:\[.*\]|[\d.]+)$/;

function isLocalHost(host: string): boolean {
  if (IP_HOST.test(host)) return publicAddress(host.replace(/[[\]]/g, '')) === undefined;
  return !host.includes('.') || isNamed(host, LOCAL_HOSTS);
}

const STAGING_LABEL = /^(?:staging|stage|stg|dev|develop|test|testing|uat|qa|preview|sandbox|clone)\d*$/;
/** Fewer than above, for they are also parts of names: `stage-lighting`, `test-drive`. */
const STAGING_PART = /^(?:staging|stg|clone)\d*-|-(?:staging|stg|clone)\d*$/;

/** Whether a label left of the registered domain says staging; in that domain, `dev.example`, it is a name and no mark. */
function isMarked(host: string): boolean {
  if (IP_HOST.test(host)) return false;
  const options = { allowPrivateDomains: true, extractHostname: false, validateHostname: false };
  const labels = (getSubdomain(host, options) ?? '').split('.');
  return labels.some((label) => STAGING_LABEL.test(label)) || STAGING_PART.test(labels[0] as string);
}
