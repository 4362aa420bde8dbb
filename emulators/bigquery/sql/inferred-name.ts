import { as, bareName, nameOf } from './tree.ts';

/** The name that an expression gives a column that has no alias: the last part of a path. */
export function inferredName(node: unknown): string | undefined {
  const dot = as(node, 'dot');
  if (dot !== undefined) return nameOf(dot.field);
  const column = as(node, 'column');
  const name = bareName(node) ?? nameOf(column?.name);
  return name?.startsWith('@') ? undefined : name;
}
