import { fieldOf, isDocument, type Value } from './values.ts';

export function isArrayIndex(part: string): boolean {
  return /^(0|[1-9][0-9]*)$/.test(part);
}

/**
 * Does any value at the path pass, as queries see paths: through the elements of arrays and by array index? A leaf
 * array is given whole. A path that ends early gives one missing value (`undefined`).
 */
export function anyAtPath(value: Value, parts: string[], test: (leaf: Value) => boolean, at = 0): boolean {
  if (at === parts.length) return test(value);
  const part = parts[at] as string;
  if (isDocument(value)) return anyAtPath(fieldOf(value, part), parts, test, at + 1);
  if (!Array.isArray(value)) return test(undefined);
  const isIndex = isArrayIndex(part);
  if (isIndex && anyAtPath(value[Number(part)], parts, test, at + 1)) return true;
  return value.some((element) => {
    if (!isDocument(element) || (isIndex && fieldOf(element, part) === undefined)) return false;
    return anyAtPath(element, parts, test, at);
  });
}

/** All values at the path, for sort keys and `distinct`; arrays on the way are crossed, leaf arrays kept whole. */
export function valuesAtPath(value: Value, parts: string[], at = 0): Value[] {
  if (at === parts.length) return [value];
  const part = parts[at] as string;
  if (isDocument(value)) return valuesAtPath(fieldOf(value, part), parts, at + 1);
  if (!Array.isArray(value)) return [undefined];
  if (isArrayIndex(part) && Number(part) < value.length) return valuesAtPath(value[Number(part)], parts, at + 1);
  const found = value.filter(isDocument).flatMap((element) => valuesAtPath(element, parts, at));
  return found.length > 0 ? found : [undefined];
}

/** The value of an aggregation's field path: an array on the way gives the array of what its documents have. */
export function fieldPath(value: Value, parts: string[], at = 0): Value {
  if (at === parts.length) return value;
  if (isDocument(value)) return fieldPath(fieldOf(value, parts[at] as string), parts, at + 1);
  if (!Array.isArray(value)) return undefined;
  return value.map((element) => fieldPath(element, parts, at)).filter((inner) => inner !== undefined);
}
