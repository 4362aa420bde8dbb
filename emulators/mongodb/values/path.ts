import { fieldOf, isDocument, type Value } from './values.ts';

export function isArrayIndex(part: string): boolean {
  return /^(0|[1-9][0-9]*)$/.test(part);
}

/** What a filter found out beside its verdict: the position that `$` stands for. */
export interface MatchDetails {
  /** Index in the outermost array that the path crossed. */
  arrayIndex?: number;
}

type LeafTest = (leaf: Value, details?: MatchDetails) => boolean;

/**
 * Does any value at the path pass, as queries see paths: through the elements of arrays and by array index? A leaf
 * array is given whole. A path that ends early gives one missing value (`undefined`).
 */
export function anyAtPath(value: Value, parts: string[], test: LeafTest, details?: MatchDetails, at = 0): boolean {
  if (at === parts.length) return test(value, details);
  const part = parts[at] as string;
  if (Array.isArray(value)) return anyInArray(value, parts, test, details, at);
  if (isDocument(value)) return anyAtPath(fieldOf(value, part), parts, test, details, at + 1);
  return test(undefined, details);
}

function anyInArray(
  array: Value[],
  parts: string[],
  test: LeafTest,
  details: MatchDetails | undefined,
  at: number,
): boolean {
  const part = parts[at] as string;
  let crossed = false;
  if (isArrayIndex(part)) {
    crossed = true;
    if (anyAtPath(array[Number(part)], parts, test, details, at + 1)) return true;
  }
  for (let i = 0; i < array.length; i++) {
    const element = array[i];
    if (!isDocument(element)) continue;
    if (crossed && fieldOf(element, part) === undefined) continue;
    const inner = details && { ...details };
    if (!anyAtPath(element, parts, test, inner, at)) continue;
    if (details) details.arrayIndex = i;
    return true;
  }
  return false;
}

/** All values at the path, for index keys, sort keys and `distinct`; arrays on the way are crossed, leaf arrays kept whole. */
export function valuesAtPath(value: Value, parts: string[], at = 0): Value[] {
  if (at === parts.length) return [value];
  const part = parts[at] as string;
  if (isDocument(value)) return valuesAtPath(fieldOf(value, part), parts, at + 1);
  if (!Array.isArray(value)) return [undefined];
  const found: Value[] =
    isArrayIndex(part) && Number(part) < value.length ? valuesAtPath(value[Number(part)], parts, at + 1) : [];
  if (found.length > 0) return found;
  for (const element of value) if (isDocument(element)) found.push(...valuesAtPath(element, parts, at));
  return found.length > 0 ? found : [undefined];
}

/** The value of an aggregation field path: an array on the way gives the array of what its documents have. */
export function fieldPath(value: Value, parts: string[], at = 0): Value {
  if (at === parts.length) return value;
  if (isDocument(value)) return fieldPath(fieldOf(value, parts[at] as string), parts, at + 1);
  if (!Array.isArray(value)) return undefined;
  const found: Value[] = [];
  for (const element of value) {
    const inner = fieldPath(element, parts, at);
    if (inner !== undefined) found.push(inner);
  }
  return found;
}
