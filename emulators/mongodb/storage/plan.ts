import { compileFilter, isOperators } from '../filters/filter.ts';
import { equals } from '../values/order.ts';
import { type SortField, sortFields } from '../values/sort.ts';
import { type Document, isDocument, typeOf, type Value } from '../values/values.ts';
import { type Bounds, beyond, boundsOf, type Clause, clausesOf, excludesNull, type Interval } from './bounds.ts';
import type { Collection, Index } from './collection.ts';
import type { IndexRange } from './index-entries.ts';

/** How the documents of a query are found. Documents may come that the filter does not match, unless `exact`. */
export interface Plan {
  /** None: all documents in the order of insertion. */
  index?: Index;
  ranges: IndexRange[];
  reverse: boolean;
  /** They come in the order of the sort. */
  sorted: boolean;
  /** The ranges hold just what the filter matches. */
  exact: boolean;
}

/** Products of `$in` lists above this many ranges are not opened any further. */
const maxRanges = 2000;

/** Picks an index by: how many fields equality fixes, a range, whether it gives the order, whether all of it is fixed; none: a scan. */
export function planQuery(collection: Collection, filter: Document, sort: Value): Plan {
  const clauses = clausesOf(filter);
  const wanted = sort === undefined ? [] : sortFields(sort);
  let best: Candidate | undefined;
  for (const index of collection.indexes) {
    const candidate = assess(collection, index, clauses, wanted);
    // no other finds less, so that none is looked at
    if (candidate?.whole && index.unique) return candidate.plan;
    if (candidate && isUseful(candidate) && (best === undefined || isBetter(candidate, best))) best = candidate;
  }
  return best?.plan ?? { ranges: [], reverse: false, sorted: wanted.length === 0, exact: clauses.length === 0 };
}

interface Candidate {
  plan: Plan;
  equalities: number;
  ranged: boolean;
  ordered: boolean;
  /** Equality fixes every field of the index. */
  whole: boolean;
}

function isUseful({ equalities, ranged, ordered }: Candidate): boolean {
  return equalities > 0 || ranged || ordered;
}

function isBetter(a: Candidate, b: Candidate): boolean {
  if (a.equalities !== b.equalities) return a.equalities > b.equalities;
  if (a.ranged !== b.ranged) return a.ranged;
  if (a.ordered !== b.ordered) return a.ordered;
  return a.whole && !b.whole;
}

function assess(collection: Collection, index: Index, clauses: Clause[], sort: SortField[]): Candidate | undefined {
  if (!holdsAllMatches(index, clauses)) return undefined;
  const bounds = index.fields.map(({ field }, i) =>
    index.multikey && i > 0 ? undefined : boundsOf(clauses, field, !index.multikey),
  );
  const { prefixes, fixed, interval } = openPrefixes(index, bounds);
  const used = fixed + (interval ? 1 : 0);
  const order = index.multikey ? undefined : sortDirection(index.fields, bounds, sort);
  const covered = new Set(index.fields.slice(0, used).map(({ field }) => field));
  const exact =
    !index.multikey &&
    bounds.slice(0, used).every((each) => each?.exact === true) &&
    clauses.every(([key]) => covered.has(key));
  const ranges = rangesOf(collection, index, prefixes, fixed, interval);
  return {
    plan: { index, ranges, reverse: order === -1, sorted: sort.length === 0 || order !== undefined, exact },
    equalities: fixed,
    ranged: interval !== undefined,
    ordered: sort.length > 0 && order !== undefined,
    whole: fixed === index.fields.length,
  };
}

/** The beginnings of the keys to read: the products of the leading fields that have only single values. */
function openPrefixes(index: Index, bounds: (Bounds | undefined)[]) {
  let prefixes: Buffer[] = [Buffer.alloc(0)];
  for (const [fixed, field] of index.fields.entries()) {
    const intervals = bounds[fixed]?.intervals;
    if (intervals === undefined) return { prefixes, fixed, interval: undefined };
    const points = intervals.every(({ point }) => point !== undefined);
    if (!points || prefixes.length * intervals.length > maxRanges) return { prefixes, fixed, interval: intervals };
    prefixes = prefixes.flatMap((prefix) =>
      intervals.map((interval) => Buffer.concat([prefix, side(interval, field.direction).lower])),
    );
  }
  return { prefixes, fixed: index.fields.length, interval: undefined };
}

function side({ low, high }: Interval, direction: 1 | -1): { lower: Buffer; upper: Buffer } {
  return direction === 1
    ? { lower: low.ascending, upper: high.ascending }
    : { lower: high.descending, upper: low.descending };
}

/** The ranges in key order, so that reading one after the other keeps the order of the index. */
function rangesOf(
  collection: Collection,
  index: Index,
  prefixes: Buffer[],
  fixed: number,
  intervals: Interval[] | undefined,
): IndexRange[] {
  const field = index.fields[fixed];
  if (field === undefined) return prefixes.sort(Buffer.compare).map((key) => collection.pointOf(index, key));
  const spans = prefixes.flatMap((prefix) => {
    if (!intervals) return [{ lower: prefix, upper: Buffer.concat([prefix, beyond]) }];
    return intervals.map((interval) => {
      const { lower, upper } = side(interval, field.direction);
      return { lower: Buffer.concat([prefix, lower]), upper: Buffer.concat([prefix, upper]) };
    });
  });
  spans.sort((a, b) => Buffer.compare(a.lower, b.lower));
  return spans.map(({ lower, upper }) => collection.spanOf(index, lower, upper));
}

/** 1 or -1 when reading the index forwards or backwards gives the sort; fields fixed to one value do not matter. */
function sortDirection(fields: SortField[], bounds: (Bounds | undefined)[], sort: SortField[]): 1 | -1 | undefined {
  const isConstant = (i: number) => bounds[i]?.intervals.length === 1 && bounds[i]?.intervals[0]?.point !== undefined;
  const constants = fields.filter((_, i) => isConstant(i)).map(({ field }) => field);
  const wanted = sort.filter(({ field }) => !constants.includes(field));
  let at = 0;
  let direction: 1 | -1 | undefined;
  for (const [i, { field, direction: own }] of fields.entries()) {
    const next = wanted[at];
    if (next === undefined) break;
    if (next.field !== field) {
      if (isConstant(i)) continue;
      return undefined;
    }
    const turn = next.direction === own ? 1 : -1;
    if (direction !== undefined && direction !== turn) return undefined;
    direction = turn;
    at += 1;
  }
  return at === wanted.length ? (direction ?? 1) : undefined;
}

/** A partial index may be read only when no document that it lacks can match. */
function holdsAllMatches(index: Index, clauses: Clause[]): boolean {
  const partial = index.document.partialFilterExpression;
  return !isDocument(partial) || clausesOf(partial).every((clause) => isImplied(clause, clauses));
}

function isImplied([field, condition]: Clause, clauses: Clause[]): boolean {
  const own = clauses.filter(([key]) => key === field).map(([, value]) => value);
  if (own.some((value) => typeOf(value) === typeOf(condition) && equals(value, condition))) return true;
  if (isDocument(condition) && equals(condition, { $exists: true }))
    return excludesNull(boundsOf(clauses, field, true));
  if (field.startsWith('$') || field.includes('.')) return false;
  const matches = compileFilter({ [field]: condition });
  return own.some((value) => {
    const equal = isOperators(value) ? value.$eq : value;
    return equal !== undefined && equal !== null && !Array.isArray(equal) && matches({ [field]: equal });
  });
}
