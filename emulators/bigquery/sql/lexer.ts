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
  /(?<space>\s+|#[^\n]*|--[^\n]*|\/\*[\s\S]*?\*\/)|(?<string>[rRbB]{0,2}(?:'''[\s\S]*?(?<!\\)'''|"""[\s\S]*?(?<!\\)"""|'(?:\\[\s\S]|[^'\\\n])*'|"(?:\\[\s\S]|[^"\\\n])*"))|(?<name>`(?:\\.|[^`\\])*`)|(?<word>[A-Za-z_][A-Za-z0-9_]*|@{1,2}[A-Za-z_][A-Za-z0-9_]*)|(?<foreign>==|<=>|::|&&|%)|(?<symbol>\d[\d.eExXa-fA-F]*|[\s\S])/y;

/** Splits SQL into tokens, without spaces and comments. Throws `invalidQuery` for escapes that would be read wrongly. */
export function tokensOf(sql: string): Token[] {
  const tokens: Token[] = [];
  shapes.lastIndex = 0;
  for (let match = shapes.exec(sql); match !== null; match = shapes.exec(sql)) {
    const { string, name, word, foreign, symbol } = match.groups ?? {};
    if (foreign !== undefined) throw unexpected(foreign, sql, match.index);
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
  const limit = tokens.findIndex(({ text }, i) => text === ',' && tokens[i - 2]?.text === 'LIMIT');
  if (limit !== -1) throw unexpected(',', sql, tokens[limit]?.start ?? 0);
  return tokens;
}

/** The parser takes operators, and `LIMIT a, b`, of other dialects too. */
function unexpected(text: string, sql: string, index: number): Error {
  const lines = sql.slice(0, index).split('\n');
  return invalidQuery(`Syntax error: Unexpected "${text}" at [${lines.length}:${(lines.at(-1)?.length ?? 0) + 1}]`);
}

/** The parser keeps `\u` and octal escapes as they are written, and drops the backslash of escapes that are none. */
function expectKnownEscapes(literal: string): void {
  if (/^[bB]?[rR]/.test(literal)) return;
  for (const [sequence, letter] of literal.matchAll(/\\([\s\S])/g)) {
    if (/[uU0-7abfv?]/.test(letter ?? '')) throw unsupportedQuery(`the escape sequence ${sequence}`);
    if (!/[ntrxX\\'"`]/.test(letter ?? '')) throw invalidQuery(`Syntax error: Illegal escape sequence: ${sequence}`);
  }
}
