import type { JsonObject } from '../../shared/event/envelope.ts';
import { PermanentError } from '../../shared/runtime/errors.ts';

/** Nesting that is followed; what is deeper keeps its brackets in the key. PHP's own limit is 64. */
const MAX_DEPTH = 64;

/** Keys, and the keys in brackets behind them, of one form. A site with 1,000 plugins sends some 6,000; each costs memory. */
export const MAX_KEYS = 10_000;

/**
 * Reads `application/x-www-form-urlencoded` as PHP does: `a[b][c]=1` nests, `a[]` counts on, the last value of a key wins,
 * and a numeric key is a key (a plugin's slug can be `404`). Unlike qs it drops nothing, keeps `__proto__` as plain data, takes
 * linear time, and decodes bytes by `decode`. `body` is one character a byte. Throws PermanentError `unparseable` beyond MAX_KEYS.
 */
export function parseForm(body: string, decode: (bytes: Uint8Array) => string): JsonObject {
  const root = emptyObject();
  const text = (encoded: string) => (PLAIN.test(encoded) ? encoded : decode(percentDecode(encoded)));
  let keys = 0;
  for (let from = 0, end = 0; from <= body.length; from = end + 1) {
    end = body.indexOf('&', from);
    if (end === -1) end = body.length;
    const pair = body.slice(from, end);
    const equals = pair.indexOf('=');
    const key = text(equals === -1 ? pair : pair.slice(0, equals));
    if (key === '') continue;
    const path = pathOf(key);
    keys += path.length;
    if (keys > MAX_KEYS) throw new PermanentError('unparseable', null, `the form has more than ${MAX_KEYS} keys`);
    assign(root, path, equals === -1 ? '' : text(pair.slice(equals + 1)));
  }
  return root;
}

/** The same in every charset, and not encoded. */
const PLAIN = /^[\w.[\]-]*$/;

/** `%XX` and `+` to bytes; a percent sign that begins no hex number is itself. */
function percentDecode(encoded: string): Uint8Array {
  const bytes = Buffer.allocUnsafe(encoded.length);
  let length = 0;
  for (let at = 0; at < encoded.length; at += 1) {
    const code = encoded.charCodeAt(at);
    const isEscape = code === PERCENT && isHex(encoded.charCodeAt(at + 1)) && isHex(encoded.charCodeAt(at + 2));
    bytes[length] = isEscape ? Number.parseInt(encoded.slice(at + 1, at + 3), 16) : code === PLUS ? SPACE : code;
    length += 1;
    if (isEscape) at += 2;
  }
  return bytes.subarray(0, length);
}

const [PERCENT, PLUS, SPACE] = [0x25, 0x2b, 0x20];

/** False beyond the end, whose code is NaN. */
function isHex(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x46) || (code >= 0x61 && code <= 0x66);
}

/** `a[b][]` -> `a`, `b`, ``; a bracket that does not close is part of the key. */
function pathOf(key: string): string[] {
  const open = key.indexOf('[');
  if (open < 1 || key.indexOf(']', open) === -1) return [key];
  const path = [key.slice(0, open)];
  let from = open;
  while (key[from] === '[' && path.length < MAX_DEPTH) {
    const close = key.indexOf(']', from);
    if (close === -1) break;
    path.push(key.slice(from + 1, close));
    from = close + 1;
  }
  const rest = key.slice(from);
  if (rest !== '') path.push(rest);
  return path;
}

function assign(root: JsonObject, path: string[], value: string): void {
  let object = root;
  for (const [index, step] of path.entries()) {
    const key = step === '' ? String(nextIndex(object)) : step;
    if (index === path.length - 1) {
      object[key] = value;
      return;
    }
    const child = object[key];
    const next = typeof child === 'object' && child !== null ? (child as JsonObject) : emptyObject();
    object[key] = next;
    object = next;
  }
}

const NEXT_INDEX = new WeakMap<JsonObject, number>();

function nextIndex(object: JsonObject): number {
  const next = NEXT_INDEX.get(object) ?? indexAfter(Object.keys(object));
  NEXT_INDEX.set(object, next + 1);
  return next;
}

/** As PHP counts on: after the largest index that is there. */
function indexAfter(keys: string[]): number {
  return keys.reduce((next, key) => (/^\d{1,9}$/.test(key) ? Math.max(next, Number(key) + 1) : next), 0);
}

/** Without a prototype `__proto__` is a key like any other. */
function emptyObject(): JsonObject {
  return Object.create(null) as JsonObject;
}
