import { Dialect, init, parse } from '@polyglot-sql/sdk';
import { invalidQuery, unsupportedQuery } from '../errors.ts';
import type { Token } from './lexer.ts';
import type { Node } from './tree.ts';

// the parser would begin to load at its import, and refuse every statement until then
await init();

const maxParsed = 200;
/** What was parsed last, by its text, oldest first: views are parsed with each query that reads them. Nobody changes a tree. */
const parsed = new Map<string, Node>();

/** Parses one query or DELETE. Throws `invalidQuery` with the place of a syntax error, and for scripts. */
export function parseStatement(sql: string, tokens: readonly Token[]): Node {
  const statement = parsed.get(sql) ?? parseAnew(sql, tokens);
  parsed.delete(sql);
  parsed.set(sql, statement);
  for (const [oldest] of parsed) if (parsed.size > maxParsed) parsed.delete(oldest);
  return statement;
}

function parseAnew(sql: string, tokens: readonly Token[]): Node {
  if (tokens.length === 0) throw invalidQuery('Syntax error: Unexpected end of statement at [1:1]');
  const result = parse(withoutComments(sql, tokens), Dialect.BigQuery);
  if (!result.success) {
    const message = String(result.error).replace(/^Parse error at line \d+, column \d+: /, '');
    throw invalidQuery(`Syntax error: ${message} at [${result.errorLine ?? 1}:${result.errorColumn ?? 1}]`);
  }
  // what the parser's types say of the tree is wider than what is read of it here
  const [statement, ...more] = result.ast as unknown as Node[];
  if (statement === undefined) throw invalidQuery('Syntax error: Unexpected end of statement at [1:1]');
  if (more.length > 0) throw unsupportedQuery('scripts of several statements');
  return statement;
}

/** Blanks out what is between the tokens, and keeps every place: the parser makes nodes of some comments. */
function withoutComments(sql: string, tokens: readonly Token[]): string {
  let text = '';
  for (const { start, end } of tokens) {
    text += sql.slice(text.length, start).replace(/[^\n]/g, ' ') + sql.slice(start, end);
  }
  return text;
}
