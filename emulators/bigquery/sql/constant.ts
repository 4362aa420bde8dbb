import { as, bareName, isNode } from './tree.ts';

/** Whether an expression is the same for every row: made of literals, parameters and functions of them. */
export function isConstant(node: unknown): boolean {
  if (Array.isArray(node)) return node.every(isConstant);
  if (!isNode(node)) return true;
  const isName = as(node, 'column') !== undefined && !bareName(node)?.startsWith('@');
  if (isName || 'select' in node || 'rand' in node) return false;
  return Object.values(node).every(isConstant);
}
