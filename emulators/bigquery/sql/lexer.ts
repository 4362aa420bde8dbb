import { invalidQuery, unsupportedQuery } from '../errors.ts';

/** A token of BigQuery SQL, with its place in the text. */
export interface Token {
  kind: 'word' | 'name' | 'string' | 'symbol';
  /** A word in upper case; a quoted name without its quotes; a string's or a symbol's text as written. */
  text: string;
  start: number;
  end: number;
}

const shapes =
  /(?<space>\s+|#[^\n]*|--[^\n]*|\/\*[\s\S]*?\*\/)|(?<string>[rRbB]{0,2}(?:'''[\s\S]*?(?<!\\)'''|"""[\s\S]*?(?<!\\)"""|'(?:\\[\s\S]|[^'\\\n])*'|"(?:\\[\s\S]|[^"\\\n])*"))|(?<name>`(?:\\.|[^`\\])*`)|(?<word>[A-Za-z_][A-Za-z0-9_]*|@{1,2}[A-Za-z_][A-Za-z0-9_]*)|(?<symbol>\d[\d.eExXa-fA-F]*|[\s\S])/y;

/** Splits SQL into tokens, without spaces and comments. Throws `invalidQuery` for escapes that would be read wrongly. */
export function tokensOf(sql: string): Token[] {
  const tokens: Token[] = [];
  shapes.lastIndex = 0;
  for (let match = shapes.exec(sql); match !== null; match = shapes.exec(sql)) {
    const { string, name, word, symbol } = match.groups ?? {};
    const place = { start: match.index, end: shapes.lastIndex };
    if (string !== undefined) {
      expectKnownEscapes(string);
      tokens.push({ kind: 'string', text: string, ...place });
    } else if (name !== undefined) {
      if (name.includes('\\')) throw unsupportedQuery('escapes in a quoted name');
      tokens.push({ kind: 'name', text: name.slice(1, -1), ...place });
    } else if (word !== undefined) {
      tokens.push({ kind: 'word', text: word.toUpperCase(), ...place });
    } else if (symbol !== undefined) {
      tokens.push({ kind: 'symbol', text: symbol, ...place });
    }
  }
  return tokens;
}

/** The parser keeps `\u` and octal escapes as they are written, and drops the backslash of escapes that are none. */
function expectKnownEscapes(literal: string): void {
  if (/^[bB]?[rR]/.test(literal)) return;
  for (const [sequence, letter] of literal.matchAll(/\\([\s\S])/g)) {
    if (/[uU0-7abfv?]/.test(letter ?? '')) throw unsupportedQuery(`the escape sequence ${sequence}`);
    if (!/[ntrxX\\'"`]/.test(letter ?? '')) throw invalidQuery(`Syntax error: Illegal escape sequence: ${sequence}`);
  }
}

/** The value of a string token that has no escapes. */
export function stringValue({ kind, text }: Token): string {
  const body = /^(?:'''([\s\S]*)'''|"""([\s\S]*)"""|'([\s\S]*)'|"([\s\S]*)")$/.exec(text);
  const value = body?.[1] ?? body?.[2] ?? body?.[3] ?? body?.[4];
  if (kind !== 'string' || value === undefined) throw invalidQuery(`Syntax error: Expected a string but got ${text}`);
  return value.replace(/\\([\s\S])/g, (_, letter: string) => ({ n: '\n', t: '\t', r: '\r' })[letter] ?? letter);
}
