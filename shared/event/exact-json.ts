import { isLosslessNumber, LosslessNumber, stringify } from 'lossless-json';

/** Deeper than any client nests, and far from where walking a value overflows the stack. */
export const MAX_JSON_DEPTH = 2000;

/** A string or a number of valid JSON, as its characters. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?|-?\d[\d.eE+-]*/g;

/**
 * JSON.parse that keeps numbers: one whose text is not what JavaScript would print (9007199254740993, 1.10, 1e400, -0) becomes a
 * LosslessNumber with that text; every other is a number. All else is as JSON.parse does it: of two equal keys the last wins,
 * `__proto__` is a key, any depth is read, and what is no JSON throws SyntaxError.
 */
export function parseExactJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  let isExact = true;
  // a first letter tells the texts that stand for numbers from all others; keys stay as they are
  const marked = text.replace(TOKEN, (token, colon) => {
    if (colon !== undefined) return token;
    if (token.startsWith('"')) return `"s${token.slice(1)}`;
    if (String(Number(token)) === token) return token;
    isExact = false;
    return `"n${token}"`;
  });
  return isExact ? value : unmark(JSON.parse(marked));
}

/** Without recursion, for a stranger chooses the depth. */
function unmark(value: unknown): unknown {
  const root: Record<string, unknown> = { value };
  const open = [root];
  for (let parent = open.pop(); parent !== undefined; parent = open.pop()) {
    for (const [key, child] of Object.entries(parent)) {
      if (typeof child === 'string') {
        parent[key] = child.startsWith('n') ? new LosslessNumber(child.slice(1)) : child.slice(1);
      } else if (isNest(child)) open.push(child as Record<string, unknown>);
    }
  }
  return root.value;
}

/** Whether objects and arrays nest deeper than MAX_JSON_DEPTH. */
export function isTooDeep(value: unknown): boolean {
  let level = [value].filter(isNest);
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth === MAX_JSON_DEPTH) return true;
    level = level.flatMap((parent) => Object.values(parent).filter(isNest));
  }
  return false;
}

function isNest(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !isLosslessNumber(value);
}

/**
 * JSON.stringify that writes a LosslessNumber as its text. It recurses: a value that isTooDeep may throw RangeError. What has no
 * JSON (undefined, a function) becomes `null`.
 */
export function stringifyExactJson(value: unknown): string {
  return stringify(value) ?? 'null';
}
