import { conditionNotMet, invalid, notModified } from './errors.ts';
import type { StoredObject } from './model.ts';

/** Preconditions of a request; generation 0 stands for "no live object". */
export interface Conditions {
  generationMatch?: number;
  generationNotMatch?: number;
}

export function readConditions(query: URLSearchParams): Conditions {
  const generationMatch = readNumber(query, 'ifGenerationMatch');
  const generationNotMatch = readNumber(query, 'ifGenerationNotMatch');
  return {
    ...(generationMatch !== undefined && { generationMatch }),
    ...(generationNotMatch !== undefined && { generationNotMatch }),
  };
}

/** A whole number of the query. */
export function readNumber(query: URLSearchParams, name: string): number | undefined {
  const value = query.get(name);
  if (value === null) return undefined;
  if (!/^\d{1,19}$/.test(value)) throw invalid(`Invalid unsigned integer value: '${value}' for ${name}.`);
  return Number(value);
}

/** Throws 412 unless all of them hold for the live object, or for its absence. */
export function checkWrite(conditions: Conditions, live: StoredObject | undefined): void {
  if (!matches(conditions, live) || !differs(conditions, live)) throw conditionNotMet();
}

/** As for a write, but that the object is still the same one is 304 (not modified). */
export function checkRead(conditions: Conditions, live: StoredObject): void {
  if (!matches(conditions, live)) throw conditionNotMet();
  if (!differs(conditions, live)) throw notModified();
}

function matches({ generationMatch }: Conditions, live: StoredObject | undefined): boolean {
  return generationMatch === undefined || generationMatch === (live?.generation ?? 0);
}

/** Where there is no live object, "does not match" fails too. */
function differs({ generationNotMatch }: Conditions, live: StoredObject | undefined): boolean {
  return generationNotMatch === undefined || (live !== undefined && generationNotMatch !== live.generation);
}
