import { invalidQuery } from '../errors.ts';
import { standardName, type Type } from '../schema.ts';
import { conditionOf, expectTrait, unify } from './comparable.ts';
import type { FunctionRule } from './functions.ts';
import type { Resolved } from './scope.ts';
import { arrayOf, isType, scalar } from './types.ts';

const argumentCount = (sql: string) =>
  Math.max(0, ...[...sql.matchAll(/\{(\d)\}/g)].map((match) => Number(match[1]) + 1));

/** Writes the arguments into the rule's SQL. Throws `invalidQuery` when it takes another number of them, or other types. */
export function apply(name: string, rule: FunctionRule, given: readonly Resolved[]): Resolved {
  const variants = typeof rule.sql === 'string' ? [rule.sql] : rule.sql;
  const sql = variants.find((variant) =>
    variant.includes('{*') ? given.length > 0 : argumentCount(variant) === given.length,
  );
  if (sql === undefined) throw invalidQuery(`Number of arguments does not match for function ${name}`);
  const [first] = given;
  if (rule.takes !== undefined && first?.type !== undefined && !isType(first.type, ...rule.takes)) {
    throw invalidQuery(`No matching signature for function ${name} for argument types: ${standardName(first.type)}`);
  }
  const { args, type } = typed(name, rule, given);
  if (rule.needs !== undefined) expectTrait(rule.needs, name, ...args.slice(-1));
  const filled = sql.replace(/\{(?:(\d)|\*(.*?))\}/g, (_, index: string | undefined, separator: string | undefined) =>
    index === undefined
      ? args.map((arg) => arg.sql).join(separator === '' ? ', ' : ` ${separator} `)
      : (args[Number(index)]?.sql ?? ''),
  );
  return { sql: filled, type };
}

function typed(
  name: string,
  { type }: FunctionRule,
  args: readonly Resolved[],
): { args: readonly Resolved[]; type: Type | undefined } {
  if (type === 'first') return { args, type: args[0]?.type };
  if (type !== 'common') return { args, type: typeof type === 'object' ? arrayOf(scalar(type.arrayOf)) : scalar(type) };
  const condition = name === 'IF' ? args.slice(0, 1) : [];
  for (const value of condition) conditionOf(name, value);
  const { values, type: together } = unify(name, args.slice(condition.length));
  return { args: [...condition, ...values], type: together };
}
