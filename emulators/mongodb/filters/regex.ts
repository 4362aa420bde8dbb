import { CommandError } from '../errors.ts';

const compiled = new Map<string, RegExp>();
const cacheSize = 500;

/**
 * MongoDB's (PCRE) regular expression as JavaScript's. The flags i, m, s and u mean the same. What JavaScript cannot
 * express, or would read otherwise, is refused with code 51091, as an invalid pattern is.
 */
export function compileRegex(pattern: string, options: string): RegExp {
  const key = `${options}/${pattern}`;
  const known = compiled.get(key);
  if (known) return known;
  if (!/^[imsu]*$/.test(options)) throw new CommandError(51108, `invalid flag in regex options: ${options}`);
  const regex = translate(pattern, options.replace('u', ''));
  if (compiled.size >= cacheSize) compiled.clear();
  compiled.set(key, regex);
  return regex;
}

/** Letters that mean another thing after a backslash in PCRE, or nothing in JavaScript; and POSIX classes. */
const foreign = /\\[AZzGQERKXChHVNgae]|\[[:.=]/;

function translate(pattern: string, flags: string): RegExp {
  const inline = /^\(\?([ims]+)\)/.exec(pattern);
  const source = inline ? pattern.slice(inline[0].length) : pattern;
  const all = [...new Set(flags + (inline?.[1] ?? ''))].join('');
  if (foreign.test(source)) throw new CommandError(51091, `Regular expression is not supported: ${pattern}`);
  try {
    return new RegExp(source, `${all}u`);
  } catch {
    // with u, JavaScript refuses harmless escapes such as \- that PCRE reads as the character
  }
  try {
    return new RegExp(source, all);
  } catch (error) {
    throw new CommandError(51091, `Regular expression is invalid: ${(error as Error).message}`);
  }
}
