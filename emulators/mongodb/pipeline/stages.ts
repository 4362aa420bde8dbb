import { CommandError } from '../errors.ts';
import { compileExpression, type Scope, type Variables } from '../expressions/expression.ts';
import { compileFilter } from '../filters/filter.ts';
import { toInteger } from '../values/numbers.ts';
import { compareValues } from '../values/order.ts';
import { fieldPath } from '../values/path.ts';
import { showValue } from '../values/show.ts';
import { sortDocuments, sortFields } from '../values/sort.ts';
import { type Document, fieldOf, isDocument, typeOf, type Value } from '../values/values.ts';
import { compileGroup, groupBy } from './group.ts';
import { compileAddFields, compileProjection } from './projection.ts';

/** Turns a stream of documents into another one; reads no more than it is asked for. */
export type Stage = (documents: Iterable<Document>) => Iterable<Document>;

/** Compiles the stages that need nothing but the documents; undefined: no such stage here. */
export function compileSimpleStage(name: string, argument: Value, variables: Variables): Stage | undefined {
  return Object.hasOwn(simpleStages, name) ? simpleStages[name]?.(argument, variables) : undefined;
}

const simpleStages: Record<string, (argument: Value, variables: Variables) => Stage> = {
  $match: (argument, variables) => {
    const matches = compileFilter(argument, variables);
    return function* match(documents) {
      for (const document of documents) if (matches(document)) yield document;
    };
  },
  $project: (argument, variables) => {
    if (isDocument(argument) && Object.keys(argument).length === 0) {
      throw new CommandError(
        51272,
        'Invalid $project :: caused by :: projection specification must have at least one field',
      );
    }
    return mapping(compileProjection(argument, { variables, stage: true }));
  },
  $addFields: (argument, variables) => mapping(compileAddFields(argument, variables)),
  $set: (argument, variables) => mapping(compileAddFields(argument, variables)),
  $unset: compileUnset,
  $replaceRoot: (argument, variables) => {
    if (!isDocument(argument) || !('newRoot' in argument)) {
      throw new CommandError(40231, 'no newRoot specified for the $replaceRoot stage');
    }
    return compileReplace(argument.newRoot, variables);
  },
  $replaceWith: compileReplace,
  $limit: (argument) => {
    const limit = toInteger(argument);
    if (limit === undefined || limit <= 0) throw new CommandError(15958, 'the limit must be positive');
    return function* take(documents) {
      let taken = 0;
      for (const document of documents) {
        yield document;
        taken += 1;
        if (taken >= limit) return;
      }
    };
  },
  $skip: (argument) => {
    const skip = toInteger(argument);
    if (skip === undefined || skip < 0)
      throw new CommandError(5107200, 'invalid argument to $skip stage: Expected a non-negative number');
    return function* drop(documents) {
      let seen = 0;
      for (const document of documents) {
        seen += 1;
        if (seen > skip) yield document;
      }
    };
  },
  $sort: (argument) => {
    if (sortFields(argument).length === 0) throw new CommandError(15976, '$sort stage must have at least one sort key');
    return (documents) => sortDocuments([...documents], argument, (document) => document);
  },
  $group: compileGroup,
  $count: compileCount,
  $sortByCount: (argument, variables) => {
    const group = compileGroup({ _id: argument, count: { $sum: 1 } }, variables);
    return (documents) => sortDocuments(group(documents), { count: -1 }, (document) => document);
  },
  $unwind: compileUnwind,
  $bucket: compileBucket,
  $sample: compileSample,
};

function mapping(run: (document: Document) => Document): Stage {
  return function* map(documents) {
    for (const document of documents) yield run(document);
  };
}

function compileUnset(argument: Value, variables: Variables): Stage {
  const fields = Array.isArray(argument) ? argument : [argument];
  if (fields.length === 0 || !fields.every((field) => typeof field === 'string')) {
    throw new CommandError(31002, '$unset specification must be a string or an array of strings');
  }
  const projection = Object.fromEntries(fields.map((field) => [field, 0]));
  return mapping(compileProjection(projection, { variables, stage: true }));
}

function compileReplace(argument: Value, variables: Variables): Stage {
  const evaluate = compileExpression(argument, variables);
  return mapping((document) => {
    const root = evaluate({ root: document, current: document, variables });
    if (isDocument(root)) return root;
    throw new CommandError(
      40228,
      `'newRoot' expression must evaluate to an object, but resulting value was: ${showValue(root)}. Type of resulting value: '${typeOf(root)}'.`,
    );
  });
}

function compileCount(argument: Value): Stage {
  if (typeof argument !== 'string' || argument === '' || argument.startsWith('$') || argument.includes('.')) {
    throw new CommandError(40156, "the count field must be a non-empty string without '$' and '.'");
  }
  return function* count(documents) {
    let total = 0;
    for (const _ of documents) total += 1;
    if (total > 0) yield { [argument]: total };
  };
}

function compileUnwind(argument: Value): Stage {
  const options = isDocument(argument) ? argument : { path: argument };
  const { path, includeArrayIndex: indexField, preserveNullAndEmptyArrays: preserve } = options;
  if (typeof path !== 'string' || !path.startsWith('$') || path.length < 2) {
    throw new CommandError(28818, `path option to $unwind stage should be prefixed with a '$': ${String(path)}`);
  }
  const parts = path.slice(1).split('.');
  const put = (document: Document, value: Value, index: number | null) => {
    const result = setIn(document, parts, value);
    return typeof indexField === 'string' ? setIn(result, indexField.split('.'), index) : result;
  };
  return function* unwind(documents) {
    for (const document of documents) {
      const value = fieldPath(document, parts);
      if (Array.isArray(value) && value.length > 0) {
        for (const [i, element] of value.entries()) yield put(document, element, i);
      } else if (value !== undefined && value !== null && !Array.isArray(value)) {
        yield put(document, value, null);
      } else if (preserve === true) {
        yield put(document, Array.isArray(value) ? undefined : value, null);
      }
    }
  };
}

function setIn(document: Document, [field = '', ...rest]: string[], value: Value): Document {
  const inner = fieldOf(document, field);
  const next = rest.length === 0 ? value : setIn(isDocument(inner) ? inner : {}, rest, value);
  if (next !== undefined) return { ...document, [field]: next };
  const { [field]: _, ...others } = document;
  return others;
}

function compileBucket(argument: Value, variables: Variables): Stage {
  if (!isDocument(argument)) throw new CommandError(40201, 'Argument to $bucket stage must be an object');
  const { groupBy: by, boundaries, default: other, output } = argument;
  if (!Array.isArray(boundaries) || boundaries.length < 2) {
    throw new CommandError(40192, "The $bucket 'boundaries' field must have at least 2 values");
  }
  const edges = boundaries;
  for (let i = 1; i < edges.length; i++) {
    if (compareValues(edges[i - 1], edges[i]) >= 0) {
      throw new CommandError(40194, "The 'boundaries' option to $bucket must be sorted, and unique");
    }
  }
  const evaluate = compileExpression(by, variables);
  const bucketOf = (scope: Scope): Value => {
    const value = evaluate(scope) ?? null;
    const above = edges.findIndex((edge) => compareValues(value, edge) < 0);
    if (above > 0) return edges[above - 1];
    if (other !== undefined) return other;
    throw new CommandError(
      40066,
      '$switch could not find a matching branch for an input, and no default was specified.',
    );
  };
  const group = groupBy(bucketOf, isDocument(output) ? output : { count: { $sum: 1 } }, variables);
  return (documents) => sortDocuments(group(documents), { _id: 1 }, (document) => document);
}

function compileSample(argument: Value): Stage {
  const size = isDocument(argument) ? toInteger(argument.size) : undefined;
  if (size === undefined || size <= 0)
    throw new CommandError(28747, 'size argument to $sample must be a positive integer');
  return (documents) => {
    const pool = [...documents];
    for (let i = 0; i < Math.min(size, pool.length); i++) {
      const other = i + Math.floor(Math.random() * (pool.length - i));
      [pool[i], pool[other]] = [pool[other] as Document, pool[i] as Document];
    }
    return pool.slice(0, size);
  };
}
