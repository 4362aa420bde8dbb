import { getMetadataStorage, IsISO8601, Matches, validateSync } from 'class-validator';
import { type ParameterError, RequestProblem } from './problem.ts';

/** A query's parameters are the properties of a class whose decorators say what each may be. */
export type QueryClass<T extends object> = new () => T;

/** Of a route that takes no parameter. */
export class NoQuery {}

/** `field.KEY` stands for as many parameters as there are keys; a class that takes them has `fields`. */
const FIELD = /^field\.(.{1,128})$/s;
const FIELDS = 'fields';
const MAX_FIELDS = 10;

/** The names of a query's parameters; `fields` stands for each `field.KEY`. */
export function parametersOf(Class: QueryClass<object>): string[] {
  const metadata = getMetadataStorage().getTargetValidationMetadatas(Class, '', false, false);
  return [...new Set(metadata.map(({ propertyName }) => propertyName))];
}

/**
 * Reads a query; a parameter that is absent leaves the class's default. Throws a RequestProblem that names every wrong one, and
 * every one that the class does not know: a typo must not widen a list.
 */
export function readQuery<T extends object>(Class: QueryClass<T>, query: URLSearchParams): T {
  const read = new Class();
  const errors = [...assign(read, parametersOf(Class), query)];
  for (const { property, constraints } of validateSync(read, { forbidUnknownValues: false })) {
    errors.push({ parameter: property, detail: Object.values(constraints ?? {}).join('; ') });
  }
  if (errors.length > 0) throw new RequestProblem('invalid-parameter', errors.slice(0, MAX_ERRORS));
  return read;
}

function* assign(read: object, known: string[], query: URLSearchParams): Generator<ParameterError> {
  const { fields } = read as { fields?: Map<string, string> };
  const seen = new Set<string>();
  for (const [name, value] of query) {
    const key = FIELD.exec(name)?.[1];
    if (seen.has(name)) yield { parameter: shown(name), detail: 'is there twice' };
    else if (key !== undefined && fields !== undefined && fields.size < MAX_FIELDS) fields.set(key, value);
    else if (name === FIELDS || !known.includes(name)) yield { parameter: shown(name), detail: 'is not known here' };
    else Object.assign(read, { [name]: value });
    seen.add(name);
    if (seen.size > MAX_PARAMETERS) return;
  }
}

const MAX_PARAMETERS = 50;
const MAX_ERRORS = 10;
const MAX_SHOWN = 100;

function shown(name: string): string {
  return name.slice(0, MAX_SHOWN);
}

/** A UTC date, `2026-01-31`. */
export function IsDay(): PropertyDecorator {
  return (target, property) => {
    Matches(/^\d{4}-\d{2}-\d{2}$/, { message: '$property must be a day, like 2026-01-31' })(target, property as string);
    IsISO8601({ strict: true }, { message: '$property must be a day that there is' })(target, property as string);
  };
}

/** A UTC date, or a moment in UTC: `2026-01-31T12:00:00Z`. */
export function IsMoment(): PropertyDecorator {
  return (target, property) => {
    const message = '$property must be a day or a moment, like 2026-01-31 or 2026-01-31T12:00:00Z';
    Matches(/^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?Z)?$/, { message })(target, property as string);
    IsISO8601({ strict: true }, { message: '$property must be a day that there is' })(target, property as string);
  };
}

export function momentOf(text: string | undefined): Date | undefined {
  return text === undefined ? undefined : new Date(text);
}

/** What version_compare can order. */
export function IsVersion(): PropertyDecorator {
  return (target, property) =>
    Matches(/^\d[\w.+-]{0,63}$/, { message: '$property must be a version, like 8.1' })(target, property as string);
}
