import { decode } from 'html-entities';
import { isLosslessNumber } from 'lossless-json';
import { isJsonObject, type JsonObject } from '../event/envelope.ts';
import type { Plugin } from './fields.ts';
import { withoutCredentials } from './secrets.ts';
import { cleanUrl } from './site-id.ts';

export type FieldValue = string | number | boolean | Record<string, number> | Plugin[];

/** A cast value; null: unknown (absent, null, or an empty text); undefined: there, but not castable. */
export type Cast<T> = T | null | undefined;

/** A JSON object; a number that keeps its text is none, though it is an object to JavaScript. */
export function isMap(value: unknown): value is JsonObject {
  return isJsonObject(value) && !isLosslessNumber(value);
}

/** PHP writes a map without entries as a list without items. */
export function isNothing(value: unknown): boolean {
  return value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0);
}

/** A scalar as a form would have sent it. */
export function formText(value: unknown): Cast<string> {
  if (value === null || value === undefined) return null;
  if (isLosslessNumber(value)) return value.value;
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : undefined;
}

/** Text with HTML entities decoded once, without control characters, lone surrogates and urls' passwords, cut to `maxLength` characters. */
export function castText(value: unknown, maxLength: number): Cast<string> {
  const sent = formText(value);
  if (typeof sent !== 'string') return sent;
  const plain = decode(sent, { scope: 'strict' })
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what has to go
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g, '')
    .toWellFormed();
  const text = withoutCredentials(plain).trim();
  return text === ''
    ? null
    : Array.from(text.slice(0, maxLength * 2))
        .slice(0, maxLength)
        .join('');
}

/** Whether castText cuts it. */
export function isCut(value: unknown, maxLength: number): boolean {
  const isLong = (formText(value)?.length ?? 0) > maxLength;
  return isLong && castText(value, maxLength) !== castText(value, maxLength + 1);
}

/** An http url without user, password, query and fragment; see cleanUrl. */
export function castUrl(value: unknown): Cast<string> {
  const text = formText(value);
  if (typeof text !== 'string') return text;
  return text.trim() === '' ? null : cleanUrl(text);
}

/**
 * An integer; fractions are cut, for old PHP writes floats, with the locale's comma (`4,5`). A text's separator before three
 * digits groups them, as WordPress writes counts for people (number_format_i18n: `1,234`, `1.234`): a count has no fraction.
 */
export function castInteger(value: unknown): Cast<number> {
  const text = typeof value === 'string' ? castText(value, MAX_NUMBER_LENGTH + 1) : undefined;
  const number = castNumber(typeof text === 'string' ? ungrouped(text) : value);
  if (typeof number !== 'number') return number;
  const whole = Math.trunc(number);
  return Number.isSafeInteger(whole) ? whole + 0 : undefined;
}

const MAX_NUMBER_LENGTH = 64;
const NUMBER = /^([+-]?)(\d+)(?:[.,](\d+))?(?:e([+-]?\d{1,3}))?$/i;
/** 1.234 to one and 1234 to the other; a point is what machines write for a fraction. */
const AMBIGUOUS = /^[+-]?[1-9]\d{0,2},\d{3}$/;

/** A finite number, with a point or a comma; not castable is what a double does not hold exactly, and `1,234`. */
export function castNumber(value: unknown): Cast<number> {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value === 'boolean') return Number(value);
  const text = formText(value)?.trim();
  if (text === undefined) return value === null || value === undefined ? null : undefined;
  if (text === '') return null;
  if (text.length > MAX_NUMBER_LENGTH || !NUMBER.test(text) || AMBIGUOUS.test(text)) return undefined;
  const number = Number(text.replace(',', '.'));
  return Number.isFinite(number) && isHeld(text, number) ? number : undefined;
}

/** Whether a number is what the text says: as it is printed, or with the 17 digits that PHP before 7.1 wrote (0.10000000000000001). */
function isHeld(text: string, number: number): boolean {
  const decimal = decimalOf(text);
  return decimal === decimalOf(String(number)) || decimal === decimalOf(number.toPrecision(17));
}

/** The one way to write a decimal number: `-1.50` and `-15e-1` are `-15e-1`. */
function decimalOf(text: string): string | undefined {
  const [, sign, whole, fraction = '', exponent = '0'] = NUMBER.exec(text) ?? [];
  if (whole === undefined) return undefined;
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return '0';
  const power = Number(exponent) - fraction.length + digits.length - significant.length;
  return `${sign === '-' ? '-' : ''}${significant}e${power}`;
}

/** Thousands in groups, by the separators of WordPress's translations; no number of people begins a group with 0. */
const GROUPED = /^[+-]?[1-9]\d{0,2}(?:([.,'’٬\s])\d{3})(?:\1\d{3})*(?=$|(?!\1)[.,]\d+$)/u;

/** `1.234,5` -> `1234,5`; a number without groups stays as it is. */
function ungrouped(text: string): string {
  return text.replace(GROUPED, (whole) => whole.replace(/[^\d+-]/g, ''));
}

const TRUE = new Set(['1', 'yes', 'true', 'on']);
const FALSE = new Set(['', '0', 'no', 'false', 'off']);

/** `1`, `0`, the empty text (PHP's false), Yes and No, and JSON's own. */
export function castBoolean(value: unknown): Cast<boolean> {
  const word = formText(value)?.trim().toLowerCase();
  if (word === undefined) return value === null || value === undefined ? null : undefined;
  if (TRUE.has(word)) return true;
  return FALSE.has(word) ? false : undefined;
}

/** Powers of 1024 by first letter: Latin and Cyrillic, as WordPress translates its units (`64 Mo`, `2 МБ`, `1,5 ГБ`). */
const UNITS: Record<string, number> = { '': 0, b: 0, o: 0, б: 0, k: 1, к: 1, m: 2, м: 2, g: 3, г: 3, t: 4, т: 4 };

/**
 * A size in bytes; -1, PHP's word for no limit, stays. WordPress writes sizes without decimals (`size_format`), so a separator
 * before three digits groups: `1,000 MB` is 1000 of them.
 */
export function castBytes(value: unknown): Cast<number> {
  if (typeof value === 'number' || isLosslessNumber(value)) {
    const number = castNumber(value);
    return Number.isSafeInteger(number) ? number : undefined;
  }
  const text = castText(value, MAX_NUMBER_LENGTH);
  if (typeof text !== 'string') return text;
  if (text === '-1') return -1;
  const parts = /^(\d(?:[\d.,'’٬\s]*\d)?)\s*(\p{L}{0,12})$/u.exec(text);
  const amount = ungrouped(parts?.[1] ?? '');
  const power = UNITS[(parts?.[2] ?? '').slice(0, 1).toLowerCase()];
  if (power === undefined || !/^\d+(?:[.,]\d+)?$/.test(amount)) return undefined;
  const bytes = Math.round(Number(amount.replace(',', '.')) * 1024 ** power);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}
