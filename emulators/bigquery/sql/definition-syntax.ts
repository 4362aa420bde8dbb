import { invalidQuery, unsupportedQuery } from '../errors.ts';
import type { Field } from '../schema.ts';
import { stringValue, type Token, tokensOf } from './lexer.ts';
import { parseStatement } from './parse.ts';
import { as, list } from './tree.ts';
import { readType } from './types.ts';

/** CREATE, ALTER or DROP, as written. */
export type Definition =
  | { kind: 'create table'; name: Name; fields: Field[]; partition?: string[]; clustering?: string[]; query?: string }
  | { kind: 'create view'; name: Name; query: string }
  | { kind: 'create function'; name: Name; arguments: Field[]; query: string }
  | { kind: 'create schema'; name: Name }
  | { kind: 'add columns'; name: Name; fields: Field[]; ifNotExists: boolean }
  | { kind: 'drop'; what: 'table' | 'view' | 'function' | 'schema'; name: Name; cascade: boolean };

export interface Name {
  path: string[];
  orReplace: boolean;
  /** IF NOT EXISTS of CREATE, IF EXISTS of DROP. */
  lenient: boolean;
  options: Readonly<Record<string, string | boolean>>;
}

/** Reads the tokens one by one. */
class Cursor {
  #sql: string;
  #tokens: readonly Token[];
  #next = 0;

  constructor(sql: string, tokens: readonly Token[]) {
    this.#sql = sql;
    this.#tokens = tokens.at(-1)?.text === ';' ? tokens.slice(0, -1) : tokens;
  }

  get isAtEnd(): boolean {
    return this.#next >= this.#tokens.length;
  }

  peek(text: string): boolean {
    const token = this.#tokens[this.#next];
    return token !== undefined && token.kind !== 'string' && token.kind !== 'name' && token.text === text;
  }

  /** Takes the words when they come next. */
  take(...words: string[]): boolean {
    const start = this.#next;
    for (const word of words) {
      if (!this.peek(word)) {
        this.#next = start;
        return false;
      }
      this.#next += 1;
    }
    return true;
  }

  expect(...words: string[]): void {
    if (!this.take(...words)) throw this.error(words.join(' '));
  }

  error(expected: string): Error {
    const token = this.#tokens[this.#next];
    return invalidQuery(
      `Syntax error: Expected ${expected} but got ${token === undefined ? 'end of statement' : token.text}`,
    );
  }

  advance(expected: string): Token {
    const token = this.#tokens[this.#next];
    if (token === undefined) throw this.error(expected);
    this.#next += 1;
    return token;
  }

  /** A name as written, without its quotes. */
  name(): string {
    const token = this.advance('a name');
    if (token.kind === 'name') return token.text;
    if (token.kind !== 'word') throw this.error('a name');
    return this.#sql.slice(token.start, token.end);
  }

  path(): string[] {
    const parts = [this.name()];
    // an unquoted project may have dashes
    for (;;) {
      if (this.take('-')) parts.push(`${parts.pop()}-${this.advance('a name').text.toLowerCase()}`);
      else if (this.take('.')) parts.push(this.name());
      else return parts.flatMap((part) => part.split('.'));
    }
  }

  /** The text in the parentheses that come next. */
  parenthesised(): string {
    this.expect('(');
    const start = this.#tokens[this.#next]?.start ?? 0;
    for (let depth = 1; ; ) {
      const token = this.advance(')');
      if (token.text === '(' && token.kind === 'symbol') depth += 1;
      if (token.text === ')' && token.kind === 'symbol') depth -= 1;
      if (depth === 0) return this.#sql.slice(start, token.start);
    }
  }

  /** The text of a type: a word, and what is between its angle brackets. */
  type(): string {
    const { start, end } = this.advance('a type');
    let last = end;
    for (let depth = 0; this.peek('<') || this.peek('(') || depth > 0; ) {
      const token = this.advance('>');
      if (token.text === '<' || token.text === '(') depth += 1;
      if (token.text === '>' || token.text === ')') depth -= 1;
      last = token.end;
      if (depth === 0) break;
    }
    return this.#sql.slice(start, last);
  }

  /** All that is left. */
  rest(): string {
    const start = this.#tokens[this.#next]?.start;
    const end = this.#tokens.at(-1)?.end;
    this.#next = this.#tokens.length;
    if (start === undefined) throw this.error('a query');
    return this.#sql.slice(start, end);
  }

  expectEnd(): void {
    if (!this.isAtEnd) throw this.error('end of statement');
  }
}

/** Whether the statement is one that is read here. */
export const isDefinition = (tokens: readonly Token[]): boolean =>
  ['CREATE', 'ALTER', 'DROP'].includes(tokens[0]?.kind === 'word' ? tokens[0].text : '');

/** Reads CREATE, ALTER and DROP. The parser would lose parts of them. */
export function readDefinition(sql: string, tokens: readonly Token[]): Definition {
  const cursor = new Cursor(sql, tokens);
  if (cursor.take('CREATE')) return create(cursor);
  if (cursor.take('DROP')) return drop(cursor);
  cursor.expect('ALTER', 'TABLE');
  return addColumns(cursor);
}

function create(cursor: Cursor): Definition {
  const orReplace = cursor.take('OR', 'REPLACE');
  const what = ['TABLE FUNCTION', 'TABLE', 'VIEW', 'SCHEMA'].find((words) => cursor.take(...words.split(' ')));
  if (what === undefined) throw unsupportedQuery('this kind of CREATE');
  const lenient = cursor.take('IF', 'NOT', 'EXISTS');
  const name = { path: cursor.path(), orReplace, lenient };
  if (what === 'TABLE FUNCTION') return createFunction(cursor, name);
  if (what === 'TABLE') return createTable(cursor, name);
  const options = readOptions(cursor);
  if (what === 'SCHEMA') {
    cursor.expectEnd();
    return { kind: 'create schema', name: { ...name, options } };
  }
  cursor.expect('AS');
  return { kind: 'create view', name: { ...name, options }, query: cursor.rest() };
}

type BareName = Omit<Name, 'options'>;

function createFunction(cursor: Cursor, name: BareName): Definition {
  const given = cursor.parenthesised().trim();
  if (cursor.peek('RETURNS')) throw unsupportedQuery('RETURNS of a table function: leave it out');
  const options = readOptions(cursor);
  cursor.expect('AS');
  const query = cursor.rest();
  return {
    kind: 'create function',
    name: { ...name, options },
    arguments: given === '' ? [] : readColumns(given),
    query,
  };
}

function createTable(cursor: Cursor, name: BareName): Definition {
  const fields = cursor.peek('(') ? readColumns(cursor.parenthesised()) : [];
  const partition = cursor.take('PARTITION', 'BY') ? readPartition(cursor) : undefined;
  const clustering: string[] = [];
  if (cursor.take('CLUSTER', 'BY'))
    do clustering.push(cursor.name());
    while (cursor.take(','));
  const options = readOptions(cursor);
  const query = cursor.take('AS') ? cursor.rest() : undefined;
  cursor.expectEnd();
  return {
    kind: 'create table',
    name: { ...name, options },
    fields,
    ...(partition ? { partition } : {}),
    ...(clustering.length > 0 ? { clustering } : {}),
    ...(query === undefined ? {} : { query }),
  };
}

/** `column`, `DATE(column)` or `TIMESTAMP_TRUNC(column, HOUR)`: the column and the length of a partition. */
function readPartition(cursor: Cursor): string[] {
  const first = cursor.name();
  if (!cursor.peek('(')) return [first, 'DAY'];
  const [column = '', unit = 'DAY'] = cursor
    .parenthesised()
    .split(',')
    .map((part) => part.trim());
  if (!/^(DATE|(DATE|TIMESTAMP|DATETIME)_TRUNC)$/i.test(first)) throw unsupportedQuery(`partitioning by ${first}`);
  return [column.replaceAll('`', ''), unit.toUpperCase()];
}

/** Reads `name TYPE [NOT NULL] [OPTIONS(description = '…')], …`. */
function readColumns(text: string): Field[] {
  const cursor = new Cursor(text, tokensOf(text));
  const fields: Field[] = [];
  do fields.push(readColumn(cursor));
  while (cursor.take(','));
  cursor.expectEnd();
  return fields;
}

function readColumn(cursor: Cursor): Field {
  const name = cursor.name();
  const cast = `SELECT CAST(NULL AS ${cursor.type()})`;
  const [value] = list(as(parseStatement(cast, tokensOf(cast)), 'select')?.expressions);
  const field: Field = { name, ...readType(as(value, 'cast')?.to) };
  if (cursor.take('NOT', 'NULL')) field.mode = 'REQUIRED';
  if (cursor.peek('DEFAULT')) throw unsupportedQuery('DEFAULT of a column');
  const { description, ...other } = readOptions(cursor);
  const [unknown] = Object.keys(other);
  if (unknown !== undefined) throw unsupportedQuery(`the column option ${unknown}`);
  if (typeof description === 'string') field.description = description;
  return field;
}

function readOptions(cursor: Cursor): Record<string, string | boolean> {
  const options: Record<string, string | boolean> = {};
  if (!cursor.take('OPTIONS')) return options;
  cursor.expect('(');
  while (!cursor.take(')')) {
    const key = cursor.name();
    cursor.expect('=');
    if (cursor.take('TRUE')) options[key.toLowerCase()] = true;
    else if (cursor.take('FALSE')) options[key.toLowerCase()] = false;
    else options[key.toLowerCase()] = stringValue(cursor.advance('a value'));
    if (!cursor.peek(')')) cursor.expect(',');
  }
  return options;
}

function addColumns(cursor: Cursor): Definition {
  const lenient = cursor.take('IF', 'EXISTS');
  const name = { path: cursor.path(), orReplace: false, lenient, options: {} };
  const columns: string[] = [];
  let ifNotExists = false;
  for (const part of cursor.rest().split(/,(?=\s*ADD\s)/i)) {
    const match = /^\s*ADD\s+COLUMN\s+(IF\s+NOT\s+EXISTS\s+)?([\s\S]+)$/i.exec(part);
    if (match === null) throw unsupportedQuery('ALTER TABLE but for ADD COLUMN');
    ifNotExists ||= match[1] !== undefined;
    columns.push(match[2] ?? '');
  }
  return { kind: 'add columns', name, fields: readColumns(columns.join(', ')), ifNotExists };
}

function drop(cursor: Cursor): Definition {
  const words = ['TABLE FUNCTION', 'TABLE', 'VIEW', 'SCHEMA'].find((candidate) => cursor.take(...candidate.split(' ')));
  if (words === undefined) throw unsupportedQuery('this kind of DROP');
  const lenient = cursor.take('IF', 'EXISTS');
  const name = { path: cursor.path(), orReplace: false, lenient, options: {} };
  const cascade = cursor.take('CASCADE');
  cursor.expectEnd();
  const what = words === 'TABLE FUNCTION' ? 'function' : (words.toLowerCase() as 'table' | 'view' | 'schema');
  return { kind: 'drop', what, name, cascade };
}
