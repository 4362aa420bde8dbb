import { invalidQuery } from '../errors.ts';
import { elementType, engineType, standardName, type Type } from '../schema.ts';
import type { Resolved } from './scope.ts';
import { isNumber, isTime, isType, scalar } from './types.ts';

const noSignature = (operator: string, types: readonly Type[]) =>
  invalidQuery(
    `No matching signature for operator ${operator} for argument types: ${types.map(standardName).join(', ')}`,
  );

/** The type that two values become together, or none: BigQuery makes no STRING of a number, no TIMESTAMP of a DATE. */
function common(a: Resolved & { type: Type }, b: Resolved & { type: Type }): Type | undefined {
  if (isNumber(a.type) && isNumber(b.type)) return scalar(isType(a.type, 'FLOAT') ? 'FLOAT' : b.type.type);
  if (elementType(a.type) === elementType(b.type) && a.type.mode === b.type.mode) return a.type;
  if (isType(a.type, 'RECORD') && isType(b.type, 'RECORD')) return a.type;
  if (isType(a.type, 'DATE', 'DATETIME') && isType(b.type, 'DATE', 'DATETIME')) return scalar('DATETIME');
  if (isTime(a.type) && isType(b.type, 'STRING') && b.isLiteral) return a.type;
  if (isTime(b.type) && isType(a.type, 'STRING') && a.isLiteral) return b.type;
  return undefined;
}

const mode = (type: Type): Type => (type.mode === 'REQUIRED' ? { ...type, mode: 'NULLABLE' } : type);

/** Gives several values the type that they have together, as in COALESCE, CASE, an array or a comparison. */
export function unify(operator: string, values: readonly Resolved[]): { values: Resolved[]; type: Type | undefined } {
  const typed = values.flatMap(({ type, ...value }) => (type === undefined ? [] : [{ ...value, type: mode(type) }]));
  const [first, ...more] = typed;
  if (first === undefined) return { values: [...values], type: undefined };
  const all = more.reduce((known, value) => {
    const type = common(known, value);
    if (type === undefined) {
      throw noSignature(
        operator,
        typed.map((one) => one.type),
      );
    }
    return { sql: '', type, isLiteral: known.isLiteral === true && value.isLiteral === true };
  }, first);
  return { values: values.map((value) => coerced(value, all.type)), type: all.type };
}

function coerced(value: Resolved, type: Type): Resolved {
  const isOther = isTime(type) && value.type !== undefined && value.type.type !== type.type;
  return isOther ? { sql: `CAST(${value.sql} AS ${engineType(type)})`, type } : value;
}

/** What can be done with values: compare them for equality or for order, group them, partition a window by them. */
export type Trait = 'equality' | 'order' | 'grouping' | 'partitioning';

function has(trait: Trait, { type, mode, fields = [] }: Type): boolean {
  if (type === 'JSON') return false;
  if (mode === 'REPEATED') {
    if (trait === 'equality' || trait === 'order') return false;
    return has(trait, { type, mode: 'NULLABLE', fields });
  }
  if (type === 'RECORD') return trait !== 'order' && fields.every((field) => has(trait, field));
  return trait !== 'partitioning' || type !== 'FLOAT';
}

/** Refuses what BigQuery refuses for the type and DuckDB would do. */
export function expectTrait(trait: Trait, what: string, ...values: readonly Pick<Resolved, 'type'>[]): void {
  for (const { type } of values) {
    if (type !== undefined && !has(trait, type)) {
      throw invalidQuery(`${what} is not defined for arguments of type ${standardName(type)}`);
    }
  }
}

/** The SQL of a condition, which DuckDB would make of a number too. */
export function conditionOf(what: string, { sql, type }: Resolved): string {
  if (type === undefined || isType(type, 'BOOLEAN')) return sql;
  throw noSignature(what, [type]);
}
