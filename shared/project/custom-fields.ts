import { isLosslessNumber } from 'lossless-json';
import { isJsonObject, type JsonObject } from '../event/envelope.ts';
import { parseExactJson } from '../event/exact-json.ts';
import { castBoolean, castNumber, castText, isCut, isMap, isNothing } from '../report/cast.ts';
import { plainJson } from '../report/plain-json.ts';
import { mapTexts, withoutCredentials } from '../report/secrets.ts';
import type { CustomField } from './project.ts';

/** Keys that charts can ask for: a JSON path and SQL quote them alike. */
export const CUSTOM_FIELD_KEY = /^[^"'`\\\p{Cc}]+$/u;

export type CustomValue = string | number | boolean | JsonObject | unknown[];

/** The allowed keys of `extra`, cast; which of them could not be, or not whole; and whether one is there and empty. */
export function customFields(
  extra: unknown,
  allowed: readonly CustomField[],
): { values: Record<string, CustomValue>; errors: string[]; cleared: boolean } {
  const values: [string, CustomValue][] = [];
  const errors: string[] = [];
  let cleared = false;
  if (!isMap(extra)) {
    if (!isNothing(extra)) errors.push('extra');
  } else {
    for (const { key, type } of allowed) {
      if (!Object.hasOwn(extra, key)) continue;
      const value = castCustomValue(type, extra[key]);
      if (value === undefined) errors.push(`extra.${key}`);
      if (type === 'string' && isCut(extra[key], MAX_TEXT_LENGTH)) {
        errors.push(`extra.${key}: cut to ${MAX_TEXT_LENGTH} characters`);
      }
      if (value !== null && value !== undefined) values.push([key, value]);
      if (value === null && typeof extra[key] === 'string') cleared = true;
    }
  }
  // fromEntries defines own properties, so that a key `__proto__` is data
  return { values: Object.fromEntries(values), errors, cleared };
}

const MAX_TEXT_LENGTH = 1024;

function castCustomValue(type: CustomField['type'], value: unknown): CustomValue | null | undefined {
  switch (type) {
    case 'string':
      return castText(value, MAX_TEXT_LENGTH);
    case 'number':
      return castNumber(value);
    case 'boolean':
      return castBoolean(value);
    case 'date':
      return castDate(value);
    case 'json':
      return castJson(value);
  }
}

/** ISO 8601 or MySQL's `2024-01-31 12:00:00` (taken as UTC), or seconds since 1970; gives ISO 8601. */
function castDate(value: unknown): string | null | undefined {
  const text = castText(value, 64);
  if (typeof text !== 'string') return text;
  if (/^\d{9,11}$/.test(text)) return new Date(Number(text) * 1000).toISOString();
  const parts = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)\s*(Z|[+-]\d{2}:?\d{2})?)?$/.exec(
    text,
  );
  if (parts === null || !isDay(parts[1] as string)) return undefined;
  const date = new Date(`${parts[1]}T${parts[2] ?? '00:00'}${parts[3] ?? 'Z'}`);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

/** Date takes the 30th of February for the 2nd of March. */
function isDay(day: string): boolean {
  const date = new Date(`${day}T00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day);
}

const MAX_JSON_LENGTH = 8192;

/** A structure as it is (a form sends one in brackets), or the JSON text of one. */
function castJson(value: unknown): CustomValue | null | undefined {
  if (value === null || value === undefined || value === '') return null;
  const parsed = typeof value === 'string' ? parseJson(value) : value;
  const structure = mapTexts(storableNumbers(plainJson(parsed)), withoutCredentials);
  if (structure === undefined || JSON.stringify(structure).length > MAX_JSON_LENGTH) return undefined;
  return structure as CustomValue;
}

/** A number that a double cannot hold stays as its text, for no store would keep it as a number. */
function storableNumbers(value: unknown): unknown {
  if (isLosslessNumber(value)) return castNumber(value) ?? value.value;
  if (Array.isArray(value)) return value.map(storableNumbers);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, storableNumbers(child)]));
}

function parseJson(text: string): unknown {
  try {
    return parseExactJson(text);
  } catch {
    return undefined;
  }
}

/**
 * A key that MongoDB takes and can be asked for: dots, a leading dollar, and the names by which its driver and JavaScript know
 * things of their own become, in part, their full-width twins.
 */
export function safeKey(key: string): string {
  return key
    .replaceAll('.', '\uff0e')
    .replace(/^\$/, '\uff04')
    .replace(/^_(?=bsontype$|_proto__$)/, '\uff3f');
}

/** A value with every key of every object in it safe. */
export function withSafeKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withSafeKeys);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [safeKey(key), withSafeKeys(child)]));
}
