import { createHash } from 'node:crypto';
import type { CustomValue } from '../project/custom-fields.ts';
import type { FieldValue } from './cast.ts';

/**
 * What a copy of a site does not share with it, and what differs from one report of a site to the next by chance: a plugin for
 * several languages filters url and locale by the language of the request in which cron runs.
 */
const OWN_COLUMNS = new Set(['url', 'locale', 'ip_address', 'country', 'environment', 'is_local', 'tracking_skipped']);

/**
 * The same text for two sites that share everything but the url: a copy for staging, whatever its host is called. null for a
 * report that says too little of a site to tell it from others.
 */
export function fingerprintOf(
  values: Record<string, FieldValue>,
  customFields: Record<string, CustomValue>,
): string | null {
  if (values.admin_email === undefined || values.name === undefined || values.users_total === undefined) return null;
  const shared = Object.entries(values)
    .filter(([column]) => !OWN_COLUMNS.has(column))
    .sort(([one], [other]) => (one < other ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([shared, customFields]))
    .digest('base64url')
    .slice(0, 22);
}
