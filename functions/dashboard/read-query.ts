import { validateSync } from 'class-validator';
import { type ParameterError, RequestProblem } from './problem.ts';

/** `field.KEY` stands for as many parameters as there are keys. */
const FIELD = /^field\.(.{1,128})$/s;

export type QueryClass<T extends object> = new () => T;

/**
 * Reads a query into a class whose decorators say what each parameter may be; one that is absent leaves the class's default.
 * Throws a RequestProblem that names every wrong one, and every one that the class does not know: a typo must not widen a list.
 */
export function readQuery<T extends object>(Class: QueryClass<T>, query: URLSearchParams): T {
  const known = new Class() as T & { fields?: Record<string, string> };
  const errors: ParameterError[] = [];
  const seen = new Set<string>();
  for (const [name, value] of query) {
    const key = known.fields === undefined ? undefined : FIELD.exec(name)?.[1];
    if (seen.has(name)) errors.push({ parameter: shown(name), detail: 'is there twice' });
    else if (key !== undefined) (known.fields as Record<string, string>)[key] = value;
    else if (name === 'fields' || !Object.hasOwn(known, name))
      errors.push({ parameter: shown(name), detail: 'is not known here' });
    else Object.assign(known, { [name]: value });
    seen.add(name);
    if (errors.length >= MAX_ERRORS) break;
  }
  for (const { property, constraints } of validateSync(known)) {
    errors.push({ parameter: property, detail: Object.values(constraints ?? {}).join('; ') });
  }
  if (errors.length > 0) throw new RequestProblem('invalid-parameter', errors);
  return known;
}

const MAX_ERRORS = 10;
const MAX_SHOWN = 100;

function shown(name: string): string {
  return name.slice(0, MAX_SHOWN);
}
