import { isJsonObject, type JsonObject } from '../../shared/event/envelope.ts';
import { isTooDeep, MAX_JSON_DEPTH } from '../../shared/event/exact-json.ts';
import { PermanentError } from '../../shared/runtime/errors.ts';
import { openTextReader } from './decode-text.ts';
import type { BodyHeaders } from './limits.ts';
import { parseForm } from './parse-form.ts';

/** The body is in a form that nobody's client sends: answered 415. */
export class UnsupportedMediaTypeError extends Error {}

/** What a body says. */
export interface ParsedBody {
  payload: JsonObject;
  /** The payload as JSON, in its own words when it came as that. */
  payloadText: string;
  /** false when reading the bytes as text was a guess or left some out. */
  isExact: boolean;
}

/**
 * The payload in a body: a form with PHP's brackets, or JSON. Throws PermanentError `unparseable` or `not_an_object`, and
 * UnsupportedMediaTypeError.
 */
export function parseBody(body: Buffer, { contentType, contentEncoding }: BodyHeaders): ParsedBody {
  if (contentEncoding !== null && contentEncoding.toLowerCase() !== 'identity') {
    throw new UnsupportedMediaTypeError('send the body without a Content-Encoding');
  }
  const [type = '', ...parameters] = (contentType ?? '').split(';').map((part) => part.trim().toLowerCase());
  const charset = parameters
    .find((parameter) => parameter.startsWith('charset='))
    ?.slice(8)
    .replace(/^"|"$/g, '');
  if (UNREADABLE.test(type)) {
    throw new UnsupportedMediaTypeError('send application/x-www-form-urlencoded or application/json');
  }
  const reader = openTextReader(charset);
  // a payload that is refused is lost: what a body is shows in its first character, whatever its type says
  const looksLikeJson = /^(?:\u00ef\u00bb\u00bf)?\s*\{/.test(body.subarray(0, 64).toString('latin1'));
  const isJson = looksLikeJson || type === 'application/json' || type.endsWith('+json');
  const json = isJson ? reader.read(body) : undefined;
  const payload = json === undefined ? parseForm(body.toString('latin1'), reader.read) : parseJson(json);
  return { payload, payloadText: json ?? JSON.stringify(payload), isExact: reader.isExact() };
}

/** Types that are neither a form nor JSON, and that no client sends. */
const UNREADABLE = /^(?:multipart|image|audio|video|font|model)\/|xml$|^application\/(?:zip|gzip|pdf)$/;

function parseJson(text: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new PermanentError('unparseable', null, 'the body is not valid JSON');
  }
  if (!isJsonObject(value)) throw new PermanentError('not_an_object', null, 'the body must be a JSON object');
  if (isTooDeep(value)) {
    throw new PermanentError('unparseable', null, `the body nests deeper than ${MAX_JSON_DEPTH} levels`);
  }
  return value;
}
