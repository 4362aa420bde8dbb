import { TextDecoder } from 'node:util';
import { isJsonObject, type JsonObject } from '../../shared/event/envelope.ts';
import { PermanentError } from '../../shared/runtime/errors.ts';
import type { BodyHeaders } from './limits.ts';
import { parseForm } from './parse-form.ts';

/** The body is in a form that nobody's client sends: answered 415. */
export class UnsupportedMediaTypeError extends Error {}

/**
 * The payload in a body: a form with PHP's brackets, or JSON. Throws PermanentError `unparseable` or `not_an_object`, and
 * UnsupportedMediaTypeError.
 */
export function parseBody(body: Buffer, { contentType, contentEncoding }: BodyHeaders): JsonObject {
  if (contentEncoding !== null && contentEncoding.toLowerCase() !== 'identity') {
    throw new UnsupportedMediaTypeError('send the body without a Content-Encoding');
  }
  const [type = '', ...parameters] = (contentType ?? '').split(';').map((part) => part.trim().toLowerCase());
  const charset = parameters
    .find((parameter) => parameter.startsWith('charset='))
    ?.slice(8)
    .replace(/^"|"$/g, '');
  const decode = textDecoder(charset);
  if (UNREADABLE.test(type)) {
    throw new UnsupportedMediaTypeError('send application/x-www-form-urlencoded or application/json');
  }
  if (type === 'application/json' || type.endsWith('+json')) return parseJson(decode(body));
  // a payload that is refused is lost: what a body is shows in its first character, whatever its type says
  const looksLikeJson = /^(?:\u00ef\u00bb\u00bf)?\s*\{/.test(body.subarray(0, 64).toString('latin1'));
  return looksLikeJson ? parseJson(decode(body)) : parseForm(body.toString('latin1'), decode);
}

/** Types that are neither a form nor JSON, and that no client sends. */
const UNREADABLE = /^(?:multipart|image|audio|video|font|model)\/|xml$|^application\/(?:zip|gzip|pdf)$/;

/**
 * Bytes to text by the declared charset. UTF-8, also when none or an unknown one is declared, falls back to windows-1252, in
 * which every byte is a character: what an old blog in Latin-1 sends, and nothing gets lost.
 */
function textDecoder(charset = 'utf-8'): (bytes: Uint8Array) => string {
  const declared = openDecoder(charset) ?? new TextDecoder('utf-8', { fatal: true });
  if (declared.encoding === 'windows-1252') return decodeWindows1252;
  return (bytes) => {
    try {
      return declared.decode(bytes);
    } catch {
      return decodeWindows1252(bytes);
    }
  };
}

function openDecoder(charset: string): TextDecoder | undefined {
  try {
    return new TextDecoder(charset, { fatal: true });
  } catch {
    return undefined;
  }
}

/** What windows-1252 has from 0x80 to 0x9f. Source: encoding.spec.whatwg.org/index-windows-1252.txt. */
const WINDOWS_1252 = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';

/** By hand, for Node 20's own decoder reads windows-1252 as Latin-1. */
function decodeWindows1252(bytes: Uint8Array): string {
  const latin1 = Buffer.from(bytes).toString('latin1');
  return latin1.replace(/[\u0080-\u009f]/g, (character) => WINDOWS_1252.charAt(character.charCodeAt(0) - 0x80));
}

/** Deeper than any client nests, and far from where walking a value overflows the stack. */
const MAX_DEPTH = 2000;

function parseJson(text: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new PermanentError('unparseable', null, 'the body is not valid JSON');
  }
  if (!isJsonObject(value)) throw new PermanentError('not_an_object', null, 'the body must be a JSON object');
  if (isDeeperThan(value, MAX_DEPTH)) {
    throw new PermanentError('unparseable', null, `the body nests deeper than ${MAX_DEPTH} levels`);
  }
  return value;
}

function isDeeperThan(value: JsonObject, limit: number): boolean {
  let level: object[] = [value];
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > limit) return true;
    level = level.flatMap((parent) =>
      Object.values(parent).filter((child) => typeof child === 'object' && child !== null),
    );
  }
  return false;
}
