import {
  type Cast,
  castBoolean,
  castBytes,
  castInteger,
  castText,
  castUrl,
  type FieldValue,
  formText,
  isCut,
  isMap,
  isNothing,
} from './cast.ts';
import type { Field, Plugin } from './fields.ts';

const DEFAULT_MAX_LENGTH = 256;
const MAX_ROLES = 200;
const MAX_ROLE_LENGTH = 128;
const MAX_PLUGINS = 2000;
const MAX_PLUGIN_LENGTHS = { name: 256, version: 64 };

/** Casts a payload's value as the field's type says. */
export function castField(field: Field, value: unknown): Cast<FieldValue> {
  switch (field.type) {
    case 'text':
      return isPhpFalse(field, value) ? null : castText(value, field.maxLength ?? DEFAULT_MAX_LENGTH);
    case 'url':
      return isPhpFalse(field, value) ? null : castUrl(value);
    case 'integer':
      return castInteger(value);
    case 'boolean':
      return castBoolean(value);
    case 'bytes':
      return castBytes(value);
    case 'roles':
      return castRoles(value);
    case 'plugins':
      return castPlugins(value);
  }
}

/** What a cast of a value to `kept` leaves out although it succeeds (`cut to 512 characters`); null: nothing. */
export function lossOf(field: Field, sent: unknown, kept: FieldValue | null): string | null {
  switch (field.type) {
    case 'text':
      return cutText(sent, field.maxLength ?? DEFAULT_MAX_LENGTH);
    case 'roles':
      return leftOut(rolesOf(sent).length - Object.keys(kept ?? {}).length);
    case 'plugins':
      return pluginsLoss(sent, Array.isArray(kept) ? kept.length : 0);
    default:
      return null;
  }
}

/** Says that castText cuts a text; null when it does not. */
export function cutText(sent: unknown, maxLength: number): string | null {
  return isCut(sent, maxLength) ? `cut to ${maxLength} characters` : null;
}

function leftOut(entries: number): string | null {
  return entries > 0 ? `${entries} entries left out` : null;
}

/** WordPress says false for a header that a broken theme lacks; a form has `0` for it. */
function isPhpFalse({ mayBeZero }: Field, value: unknown): boolean {
  return value === false || (!mayBeZero && formText(value) === '0');
}

/** Users per role without the total. Entries that are no count are left out; none at all is unknown. */
function castRoles(value: unknown): Cast<Record<string, number>> {
  if (isNothing(value)) return null;
  if (!isMap(value)) return undefined;
  const counts = rolesOf(value)
    .slice(0, MAX_ROLES)
    .map(([role, count]) => [castText(role, MAX_ROLE_LENGTH), castInteger(count)] as const)
    .filter((entry): entry is [string, number] => typeof entry[0] === 'string' && typeof entry[1] === 'number');
  return counts.length === 0 ? null : Object.fromEntries(counts);
}

function rolesOf(value: unknown): [string, unknown][] {
  return isMap(value) ? Object.entries(value).filter(([role]) => role !== 'total') : [];
}

/** `{<slug>: {name, version}}`, sorted by slug; a slug can be a number. */
function castPlugins(value: unknown): Cast<Plugin[]> {
  if (isNothing(value)) return null;
  if (!isMap(value)) return undefined;
  const plugins = Object.entries(value)
    .slice(0, MAX_PLUGINS)
    .map(([slug, plugin]) => ({
      slug: castText(slug, DEFAULT_MAX_LENGTH) ?? '',
      name: (isMap(plugin) ? castText(plugin.name, MAX_PLUGIN_LENGTHS.name) : null) ?? null,
      version: (isMap(plugin) ? castText(plugin.version, MAX_PLUGIN_LENGTHS.version) : null) ?? null,
    }))
    .filter(({ slug }) => slug !== '');
  return plugins.sort((one, other) => (one.slug < other.slug ? -1 : 1));
}

function pluginsLoss(sent: unknown, kept: number): string | null {
  if (!isMap(sent)) return null;
  const entries = Object.entries(sent);
  const cuts = entries
    .slice(0, MAX_PLUGINS)
    .flatMap(([slug, plugin]) => [
      isCut(slug, DEFAULT_MAX_LENGTH),
      isMap(plugin) && isCut(plugin.name, MAX_PLUGIN_LENGTHS.name),
      isMap(plugin) && isCut(plugin.version, MAX_PLUGIN_LENGTHS.version),
    ])
    .filter(Boolean).length;
  const lost = [leftOut(entries.length - kept), cuts > 0 ? `${cuts} texts cut` : null];
  return lost.filter((one) => one !== null).join(', ') || null;
}
