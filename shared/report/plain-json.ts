import { isLosslessNumber } from 'lossless-json';
import { isJsonObject } from '../event/envelope.ts';
import { isTooDeep, stringifyExactJson } from '../event/exact-json.ts';

/** Deeper than anything that is charted; BigQuery reads 500 levels of JSON, MongoDB about 200 of a document. */
const MAX_DEPTH = 20;

/** Stands for what cannot even be written as text. */
const TOO_DEEP = '[nested too deep]';

/**
 * A JSON value that every store takes: text well-formed and without NUL, and what nests too deep as its JSON text. A
 * LosslessNumber stays one: write the value by stringifyExactJson.
 */
export function plainJson(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return plainText(value);
  if (typeof value !== 'object' || value === null || isLosslessNumber(value)) return value;
  if (depth === MAX_DEPTH) return isTooDeep(value) ? TOO_DEEP : plainText(stringifyExactJson(value));
  if (!isJsonObject(value)) return (value as unknown[]).map((item) => plainJson(item, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [plainText(key), plainJson(child, depth + 1)]));
}

function plainText(text: string): string {
  return text.replaceAll('\u0000', '').toWellFormed();
}
