import { invalidArgument } from './errors.ts';

/** A parsed subscription filter: looks at a message's attributes only. */
export type Filter =
  | { kind: 'has'; key: string }
  | { kind: 'equals' | 'differs' | 'prefix'; key: string; value: string }
  | { kind: 'not'; of: Filter }
  | { kind: 'and' | 'or'; of: Filter[] };

/** The service's limit. */
const MAX_FILTER_BYTES = 256;

/**
 * Reads the service's filter language: `attributes:KEY`, `attributes.KEY = "v"`, `attributes.KEY != "v"`,
 * `hasPrefix(attributes.KEY, "p")`, `NOT` or `-`, `AND` or `OR` (not both on one level), parentheses. Operators are
 * upper case. Throws INVALID_ARGUMENT, with the place, for anything else.
 */
export function parseFilter(text: string): Filter {
  if (Buffer.byteLength(text) > MAX_FILTER_BYTES) {
    throw invalidArgument(`Invalid filter: it is longer than ${MAX_FILTER_BYTES} bytes.`);
  }
  const parser = new Parser(text);
  const filter = parser.expression();
  parser.end();
  return filter;
}

/** Whether a message with these attributes is delivered. A key that is missing differs from every value. */
export function matches(filter: Filter, attributes: Record<string, string>): boolean {
  switch (filter.kind) {
    case 'not':
      return !matches(filter.of, attributes);
    case 'and':
      return filter.of.every((part) => matches(part, attributes));
    case 'or':
      return filter.of.some((part) => matches(part, attributes));
    default: {
      const value = Object.hasOwn(attributes, filter.key) ? attributes[filter.key] : undefined;
      if (filter.kind === 'has') return value !== undefined;
      if (filter.kind === 'equals') return value === filter.value;
      if (filter.kind === 'differs') return value !== filter.value;
      return value?.startsWith(filter.value) ?? false;
    }
  }
}

const ESCAPES: Record<string, string> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' };
const ESCAPE = /\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|x([0-9A-Fa-f]{2})|([0-3][0-7]{2})|([ntrbf\\"'/])|)/g;
const MAX_CODE_POINT = 0x10ffff;

class Parser {
  #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  expression(): Filter {
    const of = [this.#term()];
    let operator: 'and' | 'or' | undefined;
    for (;;) {
      const next = this.#operator();
      if (next === undefined) break;
      if (operator !== undefined && next !== operator) this.#fail('AND and OR need parentheses between them');
      operator = next;
      of.push(this.#term());
    }
    return operator === undefined ? (of[0] as Filter) : { kind: operator, of };
  }

  end(): void {
    this.#take(/\s*/y);
    if (this.#at < this.#text.length) this.#fail('expected AND, OR or the end');
  }

  #operator(): 'and' | 'or' | undefined {
    const word = this.#take(/\s*(AND|OR)(?![\w-])/y);
    return word === undefined ? undefined : word === 'AND' ? 'and' : 'or';
  }

  #term(): Filter {
    if (this.#take(/\s*(NOT)(?![\w-])/y) !== undefined || this.#takeSign('-')) return { kind: 'not', of: this.#term() };
    if (this.#takeSign('(')) {
      const inner = this.expression();
      this.#expectSign(')');
      return inner;
    }
    if (this.#take(/\s*(hasPrefix)(?![\w-])/y) !== undefined) return this.#prefix();
    return this.#comparison();
  }

  #prefix(): Filter {
    this.#expectSign('(');
    this.#expectAttributes();
    this.#expectSign('.');
    const key = this.#key();
    this.#expectSign(',');
    const value = this.#string();
    this.#expectSign(')');
    return { kind: 'prefix', key, value };
  }

  #comparison(): Filter {
    this.#expectAttributes();
    if (this.#takeSign(':')) return { kind: 'has', key: this.#key() };
    this.#expectSign('.');
    const key = this.#key();
    const operator = this.#take(/\s*(!=|=)/y) ?? this.#fail('expected = or !=');
    return { kind: operator === '=' ? 'equals' : 'differs', key, value: this.#string() };
  }

  #key(): string {
    return this.#take(/\s*([A-Za-z0-9_-]+)/y) ?? this.#string();
  }

  #string(): string {
    const quoted = this.#take(/\s*"((?:[^"\\]|\\.)*)"/sy) ?? this.#fail('expected a string in double quotes');
    return quoted.replaceAll(ESCAPE, (_, u, U, x, octal, one) => {
      if (one !== undefined) return ESCAPES[one] ?? one;
      const code = octal === undefined ? Number.parseInt(u ?? U ?? x, 16) : Number.parseInt(octal, 8);
      if (!(code <= MAX_CODE_POINT)) this.#fail('unknown escape in the string');
      return String.fromCodePoint(code);
    });
  }

  #expectAttributes(): void {
    if (this.#take(/\s*(attributes)(?![\w-])/y) === undefined) this.#fail('expected attributes or hasPrefix');
  }

  #takeSign(sign: string): boolean {
    this.#take(/\s*/y);
    if (this.#text[this.#at] !== sign) return false;
    this.#at += 1;
    return true;
  }

  #expectSign(sign: string): void {
    if (!this.#takeSign(sign)) this.#fail(`expected ${sign}`);
  }

  /** What the sticky pattern's group (or else all of it) matched here; undefined, and no move, when it does not match. */
  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found === null) return undefined;
    this.#at = pattern.lastIndex;
    return found[1] ?? found[0];
  }

  #fail(what: string): never {
    throw invalidArgument(`Invalid filter: ${what} at position ${this.#at} of ${JSON.stringify(this.#text)}.`);
  }
}
