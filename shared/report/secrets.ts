import { isLosslessNumber } from 'lossless-json';

/** User and password of a url, wherever in a text it stands. */
const CREDENTIALS = /(?<=:\/\/)(?:[^\s/?#@"<>\\]*@)+/g;
const QUERIES = /(?<=:\/\/[^\s?#"<>\\]*)[?#][^\s"<>\\]*/g;

/** A text whose urls let nobody in: nothing that does goes beyond the archive. */
export function withoutCredentials(text: string): string {
  return text.replace(CREDENTIALS, '');
}

/** A text whose urls have neither credentials nor query and fragment, where tokens and people's names stand. */
export function withoutSecrets(text: string): string {
  return withoutCredentials(text).replace(QUERIES, '');
}

/** A JSON value of bounded depth with every text of it changed, keys as they are. */
export function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (typeof value !== 'object' || value === null || isLosslessNumber(value)) return value;
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change));
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, mapTexts(child, change)]));
}
