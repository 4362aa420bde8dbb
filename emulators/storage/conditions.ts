import { conditionNotMet, invalid, notModified } from './errors.ts';
import type { StoredObject } from './model.ts';

/** Preconditions of a request; generation 0 stands for "no live object". */
export interface Conditions {
  generationMatch?: number;
  generationNotMatch?: number;
  metagenerationMatch?: number;
  metagenerationNotMatch?: number;
}

const NAMES = [
  ['GenerationMatch', 'generationMatch'],
  ['GenerationNotMatch', 'generationNotMatch'],
  ['MetagenerationMatch', 'metagenerationMatch'],
  ['MetagenerationNotMatch', 'metagenerationNotMatch'],
] as const;

/** Reads `ifGenerationMatch` and its kin; with prefix `ifSource` those on the source of a rewrite. */
export function readConditions(query: URLSearchParams, prefix: 'if' | 'ifSource' = 'if'): Conditions {
  const conditions: Conditions = {};
  for (const [name, key] of NAMES) {
    const value = readNumber(query, `${prefix}${name}`);
    if (value !== undefined) conditions[key] = value;
  }
  return conditions;
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

function matches({ generationMatch, metagenerationMatch }: Conditions, live: StoredObject | undefined): boolean {
  if (generationMatch !== undefined && generationMatch !== (live?.generation ?? 0)) return false;
  return metagenerationMatch === undefined || metagenerationMatch === live?.metageneration;
}

/** Where there is no live object, "does not match" fails too. */
function differs({ generationNotMatch, metagenerationNotMatch }: Conditions, live: StoredObject | undefined): boolean {
  if (generationNotMatch !== undefined && (live === undefined || generationNotMatch === live.generation)) return false;
  return metagenerationNotMatch === undefined || (live !== undefined && metagenerationNotMatch !== live.metageneration);
}
