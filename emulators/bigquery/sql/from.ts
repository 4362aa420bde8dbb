import { invalidQuery, unsupportedQuery } from '../errors.ts';
import { quote } from '../schema.ts';
import { conditionOf, expectTrait, unify } from './comparable.ts';
import { type Column, elementOf, expression, queryOf, type Relation, type Scope, type Source } from './scope.ts';
import { as, expectOnly, type Fields, isNode, list, nameOf, open, pathOf } from './tree.ts';
import { scalar } from './types.ts';

/**
 * Translates FROM and its joins, and adds each source to the scope as it comes, so that UNNEST sees those before it.
 * A comma joins from left to right, as in BigQuery, so that it becomes CROSS JOIN.
 */
export function translateFrom(from: unknown, joins: readonly unknown[], scope: Scope): string {
  const [first, ...more] = list(isNode(from) ? from.expressions : undefined);
  if (first === undefined) return '';
  const parts = [source(first, scope)];
  for (const item of more) parts.push(`CROSS JOIN ${source(item, scope)}`);
  for (const join of joins) parts.push(translateJoin(join as Fields, scope));
  return ` FROM ${parts.join(' ')}`;
}

const joinKinds: Readonly<Record<string, string>> = {
  Inner: 'JOIN',
  Left: 'LEFT JOIN',
  Right: 'RIGHT JOIN',
  Full: 'FULL JOIN',
  Cross: 'CROSS JOIN',
  Outer: 'FULL JOIN',
};

const sameName = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();

function translateJoin(join: Fields, scope: Scope): string {
  expectOnly('JOIN', join, 'this', 'on', 'using', 'kind');
  const kind = joinKinds[String(join.kind)];
  if (kind === undefined) throw unsupportedQuery(`${String(join.kind)} JOIN`);
  const isUnnest = as(join.this, 'unnest') !== undefined || as(as(join.this, 'alias')?.this, 'unnest') !== undefined;
  const right = source(join.this, scope);
  const names = list(join.using).map((name) => nameOf(name) ?? '');
  for (const name of names) {
    scope.merged.add(name.toLowerCase());
    const sides = scope.sources.flatMap(({ columns }) => columns.filter((column) => sameName(column.name, name)));
    expectTrait(
      'equality',
      'USING',
      unify(
        'USING',
        sides.map(({ type }) => ({ sql: '', type })),
      ),
    );
  }
  if (names.length > 0) return `${kind} ${right} USING (${names.map(quote).join(', ')})`;
  if (join.on) return `${kind} ${right} ON ${conditionOf('ON', expression(join.on, scope))}`;
  if (kind === 'CROSS JOIN') return `${kind} ${right}`;
  // an array joins with the row that holds it
  if (isUnnest && (kind === 'JOIN' || kind === 'LEFT JOIN')) return `${kind} ${right} ON TRUE`;
  throw invalidQuery('Syntax error: JOIN must have an immediately following ON or USING clause');
}

/** Translates one item of FROM and adds it to the scope. */
export function source(node: unknown, scope: Scope): string {
  const [kind, fields] = open(node);
  switch (kind) {
    case 'table':
      return table(fields, scope);
    case 'subquery':
      expectOnly('a subquery', fields, 'this', 'alias');
      refuseAmbiguous(fields);
      return relation(queryOf(fields.this, scope), nameOf(fields.alias), scope);
    case 'unnest':
      return unnest(fields, nameOf(fields.alias), scope);
    case 'alias': {
      expectOnly('AS', fields, 'this', 'alias');
      const inner = as(fields.this, 'unnest');
      if (inner !== undefined) return unnest(inner, nameOf(fields.alias), scope);
    }
  }
  throw unsupportedQuery(`${kind.replaceAll('_', ' ')} in FROM`);
}

const SET_OPERATIONS = ['union', 'intersect', 'except'];

/** The parser makes the same tree of `FROM (a) UNION ALL b`, which ends the FROM, and of `FROM ((a) UNION ALL b)`. */
function refuseAmbiguous({ this: query, alias }: Fields): void {
  if (nameOf(alias) !== undefined) return;
  const operation = SET_OPERATIONS.map((kind) => as(query, kind)).find((found) => found !== undefined);
  if (operation && as(operation.left, 'subquery')) {
    throw unsupportedQuery('a subquery without an alias before a set operation');
  }
}

function table(fields: Fields, scope: Scope): string {
  expectOnly('a table', fields, 'name', 'schema', 'catalog', 'alias');
  const path = pathOf(fields);
  const [name] = path;
  const alias = nameOf(fields.alias) ?? path.at(-1);
  const columns = path.length === 1 && name !== undefined ? scope.ctes.get(name.toLowerCase()) : undefined;
  if (columns !== undefined && name !== undefined) return relation({ sql: quote(name), columns }, alias, scope);
  return relation(scope.statement.resolve(path, scope.statement), alias, scope);
}

function relation({ sql, columns }: Relation, alias: string | undefined, scope: Scope): string {
  const name = alias ?? `_s${scope.sources.length}`;
  add({ alias: name, columns }, scope);
  return `${sql.startsWith('"') ? sql : `(${sql})`} AS ${quote(name)}`;
}

function add(source: Source, scope: Scope): void {
  if (scope.sources.some(({ alias }) => alias.toLowerCase() === source.alias.toLowerCase())) {
    throw invalidQuery(`Duplicate table alias ${source.alias} in the same FROM clause`);
  }
  scope.sources.push(source);
}

function unnest(fields: Fields, alias: string | undefined, scope: Scope): string {
  expectOnly('UNNEST', fields, 'this', 'with_ordinality', 'alias', 'offset_alias');
  const array = expression(fields.this, scope);
  if (array.type !== undefined && array.type.mode !== 'REPEATED') {
    throw invalidQuery('Values referenced in UNNEST must be arrays');
  }
  const name = alias ?? `_u${scope.sources.length}`;
  const type = elementOf(array.type);
  const columns: Column[] = [{ name, type }];
  if (fields.with_ordinality !== true) {
    add({ alias: name, columns, element: { type } }, scope);
    return `unnest(${array.sql}) AS ${quote(name)}(${quote(name)})`;
  }
  const offset = nameOf(fields.offset_alias) ?? 'offset';
  columns.push({ name: offset, type: scalar('INTEGER') });
  add({ alias: name, columns, element: { type } }, scope);
  const positions = `generate_subscripts(${array.sql}, 1) - 1`;
  return `LATERAL (SELECT unnest(${array.sql}) AS ${quote(name)}, ${positions} AS ${quote(offset)}) AS ${quote(name)}`;
}
