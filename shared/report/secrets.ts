import { isLosslessNumber } from 'lossless-json';

/** User and password of a url, wherever in a text it stands. */
const CREDENTIALS = /(?<=:\/\/)(?:[^\s/?#@"<>\\]*@)+/g;
/** What a url can be part of: a word, an attribute, a JSON text. */
const WORD = /[^\s"<>\\]+/g;

/** A text whose urls let nobody in: nothing that does goes beyond the archive. */
export function withoutCredentials(text: string): string {
  return text.replace(CREDENTIALS, '');
}

/** A text whose urls have neither credentials nor query and fragment, where tokens and people's names stand. */
export function withoutSecrets(text: string): string {
  return withoutCredentials(text).replace(WORD, (word) => {
    const url = word.indexOf('://');
    const query = url === -1 ? -1 : word.slice(url).search(/[?#]/);
    return query === -1 ? word : word.slice(0, url + query);
  });
}

/** A JSON value of bounded depth with every text of it changed, keys as they are. */
export function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (typeof value !== 'object' || value === null || isLosslessNumber(value)) return value;
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change));
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, mapTexts(child, change)]));
}
