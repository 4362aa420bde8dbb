import { decode } from 'html-entities';
import { isJsonObject } from '../event/envelope.ts';
import type { Field, Plugin } from './fields.ts';

export type FieldValue = string | number | boolean | Record<string, number> | Plugin[];

/** A cast value; null: unknown (absent, null, or an empty text); undefined: there, but not castable. */
export type Cast<T> = T | null | undefined;

/** Casts a payload's value as the field's type says. */
export function castField(field: Field, value: unknown): Cast<FieldValue> {
  switch (field.type) {
    case 'text':
      return castText(value, field.maxLength ?? 256);
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

/** Text with HTML entities decoded once, control characters and lone surrogates out, cut to `maxLength` characters. */
export function castText(value: unknown, maxLength: number): Cast<string> {
  if (value === null || value === undefined) return null;
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return undefined;
  const text = decode(String(value), { scope: 'strict' })
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what has to go
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g, '')
    .toWellFormed()
    .trim();
  return text === ''
    ? null
    : Array.from(text.slice(0, maxLength * 2))
        .slice(0, maxLength)
        .join('');
}

/** An integer; fractions are cut, for old PHP writes floats, with the locale's comma (`4,5`). */
export function castInteger(value: unknown): Cast<number> {
  const number = castNumber(value);
  if (typeof number !== 'number') return number;
  const whole = Math.trunc(number);
  return Number.isSafeInteger(whole) ? whole + 0 : undefined;
}

/** A finite number, with a point or a comma. */
export function castNumber(value: unknown): Cast<number> {
  if (value === null || value === undefined || value === '') return null;
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value === 'boolean') return Number(value);
  if (typeof value !== 'string' || !/^\s*[+-]?\d+(?:[.,]\d+)?(?:e[+-]?\d{1,3})?\s*$/i.test(value)) return undefined;
  const number = Number(value.replace(',', '.'));
  return Number.isFinite(number) ? number : undefined;
}

const TRUE = new Set(['1', 'yes', 'true', 'on']);
const FALSE = new Set(['', '0', 'no', 'false', 'off']);

/** `1`, `0`, the empty text (PHP's false), Yes and No, and JSON's own. */
export function castBoolean(value: unknown): Cast<boolean> {
  if (value === null || value === undefined) return null;
  const text =
    typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '?';
  const word = text.trim().toLowerCase();
  if (TRUE.has(word)) return true;
  return FALSE.has(word) ? false : undefined;
}

/** Powers of 1024 by first letter: Latin and Cyrillic, as WordPress translates its units (`64 Mo`, `2 МБ`, `1,5 ГБ`). */
const UNITS: Record<string, number> = { '': 0, b: 0, o: 0, б: 0, k: 1, к: 1, m: 2, м: 2, g: 3, г: 3, t: 4, т: 4 };

/** A size in bytes; -1, PHP's word for no limit, stays. */
export function castBytes(value: unknown): Cast<number> {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : undefined;
  const text = castText(value, 64);
  if (typeof text !== 'string') return text;
  const parts = /^(-1|\d[\d\s\u00a0\u202f]*(?:[.,]\d+)?)\s*(\p{L}{0,12})$/u.exec(text);
  if (parts === null) return undefined;
  const amount = Number((parts[1] as string).replace(/[\s\u00a0\u202f]/g, '').replace(',', '.'));
  const power = UNITS[(parts[2] as string).slice(0, 1).toLowerCase()];
  if (power === undefined) return undefined;
  const bytes = Math.round(amount * 1024 ** power);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

const MAX_ROLES = 200;
const MAX_PLUGINS = 2000;

/** Users per role without the total. Entries that are no count are left out; none at all is unknown. */
function castRoles(value: unknown): Cast<Record<string, number>> {
  if (value === null || value === undefined || value === '') return null;
  if (!isJsonObject(value)) return undefined;
  const counts = Object.entries(value)
    .filter(([role]) => role !== 'total')
    .slice(0, MAX_ROLES)
    .map(([role, count]) => [castText(role, 128), castInteger(count)] as const)
    .filter((entry): entry is [string, number] => typeof entry[0] === 'string' && typeof entry[1] === 'number');
  return counts.length === 0 ? null : Object.fromEntries(counts);
}

/** `{<slug>: {name, version}}`, sorted by slug; a slug can be a number. */
function castPlugins(value: unknown): Cast<Plugin[]> {
  if (value === null || value === undefined || value === '') return null;
  if (Array.isArray(value)) return value.length === 0 ? null : undefined;
  if (!isJsonObject(value)) return undefined;
  const plugins = Object.entries(value)
    .slice(0, MAX_PLUGINS)
    .map(([slug, plugin]) => ({
      slug: castText(slug, 256) ?? '',
      name: (isJsonObject(plugin) ? castText(plugin.name, 256) : null) ?? null,
      version: (isJsonObject(plugin) ? castText(plugin.version, 64) : null) ?? null,
    }))
    .filter(({ slug }) => slug !== '');
  return plugins.sort((one, other) => (one.slug < other.slug ? -1 : 1));
}
