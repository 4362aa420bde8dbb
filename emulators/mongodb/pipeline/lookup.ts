import { CommandError } from '../errors.ts';
import { compileExpression } from '../expressions/expression.ts';
import { encodeKey } from '../values/index-key.ts';
import { fieldPath, valuesAtPath } from '../values/path.ts';
import { type Document, isDocument, type Value } from '../values/values.ts';
import type { PipelineContext } from './pipeline.ts';
import type { Stage } from './stages.ts';

type Aggregate = (name: string, pipeline: Value, context: PipelineContext) => Iterable<Document>;

/** Compiles `$lookup`: by fields, by a pipeline with `let`, or by both. */
export function compileLookup(argument: Value, context: PipelineContext, aggregate: Aggregate): Stage {
  const {
    from,
    as,
    localField,
    foreignField,
    let: bindings,
    pipeline,
    ...others
  } = isDocument(argument) ? argument : {};
  const unknown = Object.keys(others)[0];
  if (unknown !== undefined) throw new CommandError('FailedToParse', `unknown argument to $lookup: ${unknown}`);
  if (typeof from !== 'string' || typeof as !== 'string') {
    throw new CommandError('FailedToParse', "$lookup needs 'from' and 'as' to be strings");
  }
  if (as.includes('.'))
    throw new CommandError('NotImplemented', "$lookup: a dotted 'as' is not supported by this server");
  if (
    (localField === undefined) !== (foreignField === undefined) ||
    (localField === undefined && pipeline === undefined)
  ) {
    throw new CommandError(
      'FailedToParse',
      '$lookup requires both or neither of localField and foreignField, or a pipeline',
    );
  }
  const join: Join = { from, pipeline, bindings, context, aggregate };
  const byFields = typeof localField === 'string' && typeof foreignField === 'string';
  const find = byFields ? matchFields(join, localField, foreignField) : (document: Document) => run(join, document, []);
  return function* lookup(documents) {
    for (const document of documents) yield { ...document, [as]: find(document) };
  };
}

interface Join {
  from: string;
  pipeline: Value;
  bindings: Value;
  context: PipelineContext;
  aggregate: Aggregate;
}

/** Runs the joined pipeline after `first`, with the variables that `let` makes of the document. */
function run(
  { from, pipeline, bindings, context, aggregate }: Join,
  document: Document,
  first: Document[],
): Document[] {
  const variables = { ...context.variables };
  for (const [name, value] of Object.entries(isDocument(bindings) ? bindings : {})) {
    variables[name] = compileExpression(
      value,
      context.variables,
    )({
      root: document,
      current: document,
      variables: context.variables,
    });
  }
  const stages = Array.isArray(pipeline) ? pipeline : [];
  return [...aggregate(from, [...first, ...stages], { ...context, variables })];
}

function matchFields(join: Join, localField: string, foreignField: string): (document: Document) => Document[] {
  const { catalog, database } = join.context;
  const indexed = catalog
    .get(database, join.from)
    ?.indexes.some(({ fields, sparse, partial }) => fields[0]?.field === foreignField && !sparse && !partial);
  const local = localField.split('.');
  const valuesOf = (document: Document): Value[] => {
    const value = fieldPath(document, local) ?? null;
    return Array.isArray(value) ? value : [value];
  };
  if (indexed || join.pipeline !== undefined) {
    return (document) => run(join, document, [{ $match: { [foreignField]: { $in: valuesOf(document) } } }]);
  }
  let table: Map<string, Document[]> | undefined;
  return (document) => {
    table ??= hashByField(run(join, document, []), foreignField);
    const found = new Set<Document>();
    for (const value of valuesOf(document)) {
      for (const match of table.get(encodeKey(value).toString('latin1')) ?? []) found.add(match);
    }
    return [...found];
  };
}

/** The documents by each value that equals their field, array elements included. */
function hashByField(documents: Document[], field: string): Map<string, Document[]> {
  const table = new Map<string, Document[]>();
  const parts = field.split('.');
  for (const document of documents) {
    const values = valuesAtPath(document, parts).flatMap((value) =>
      Array.isArray(value) ? [value, ...value] : [value ?? null],
    );
    for (const value of values) {
      const key = encodeKey(value).toString('latin1');
      const list = table.get(key);
      if (list === undefined) table.set(key, [document]);
      else if (list.at(-1) !== document) list.push(document);
    }
  }
  return table;
}
