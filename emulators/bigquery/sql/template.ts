import { invalidQuery } from '../errors.ts';
import { expectUniform } from './comparable.ts';
import type { FunctionRule } from './functions.ts';
import type { Resolved, Type } from './scope.ts';
import { isType, scalar, standardName } from './types.ts';

const argumentCount = (sql: string) =>
  Math.max(0, ...[...sql.matchAll(/\{(\d)\}/g)].map((match) => Number(match[1]) + 1));

/** Writes the arguments into the rule's SQL. Throws `invalidQuery` when it takes another number of them. */
export function apply(name: string, rule: FunctionRule, args: readonly Resolved[]): Resolved {
  const variants = typeof rule.sql === 'string' ? [rule.sql] : rule.sql;
  const sql = variants.find((variant) =>
    variant.includes('{*') ? args.length > 0 : argumentCount(variant) === args.length,
  );
  if (sql === undefined) throw invalidQuery(`Number of arguments does not match for function ${name}`);
  expectTypes(name, rule, args);
  const filled = sql.replace(/\{(?:(\d)|\*(.*?))\}/g, (_, index: string | undefined, separator: string | undefined) =>
    index === undefined
      ? args.map((arg) => arg.sql).join(separator === '' ? ', ' : ` ${separator} `)
      : (args[Number(index)]?.sql ?? ''),
  );
  return { sql: filled, type: typeOf(rule, args) };
}

function typeOf({ type }: FunctionRule, args: readonly Resolved[]): Type | undefined {
  if (type === undefined) return undefined;
  if (type === 'first') return args[0]?.type;
  if (typeof type === 'object') return { ...scalar(type.arrayOf), mode: 'REPEATED' };
  return scalar(type);
}

function expectTypes(name: string, { takes, isUniform }: FunctionRule, args: readonly Resolved[]): void {
  const [first] = args;
  if (takes !== undefined && first?.type !== undefined && !isType(first.type, ...takes)) {
    throw invalidQuery(`No matching signature for function ${name} for argument types: ${standardName(first.type)}`);
  }
  if (isUniform) expectUniform(name, name === 'IF' ? args.slice(1) : args);
}
