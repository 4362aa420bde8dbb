import { CommandError } from '../errors.ts';
import { compileExpression, type Expression, type Scope, type Variables } from '../expressions/expression.ts';
import { compileFilter } from '../filters/filter.ts';
import { isNumeric, toDouble, toInteger } from '../values/numbers.ts';
import { type Document, fieldOf, isDocument, typeOf, type Value } from '../values/values.ts';

/** Gives the projected document. `arrayIndex` is the element that the filter matched, for `a.$`. */
export type Projection = (document: Document, arrayIndex?: number) => Document;

type Leaf =
  | { kind: 'include' }
  | { kind: 'exclude' }
  | { kind: 'compute'; expression: Expression }
  | {
      kind: 'slice' | 'elemMatch' | 'positional';
      pick(array: Value[], arrayIndex: number | undefined): Value[] | undefined;
    };

interface Tree {
  kind: 'tree';
  fields: Map<string, Tree | Leaf>;
}

interface ProjectionOptions {
  variables: Variables;
  /** `find` has `$slice`, `$elemMatch` and `a.$`; the stage `$project` has not. */
  stage: boolean;
}

/** Compiles a projection of `find` or of `$project`; an empty one keeps everything. */
export function compileProjection(specification: Value, options: ProjectionOptions): Projection {
  if (!isDocument(specification)) throw new CommandError('TypeMismatch', 'projection must be an object');
  const { _id: id, ...others } = specification;
  const tree: Tree = { kind: 'tree', fields: new Map() };
  for (const [path, value] of Object.entries(others)) addPath(tree, path, value, options);
  const inclusive = isInclusive(tree, id);
  if (id === undefined) {
    if (inclusive) tree.fields.set('_id', { kind: 'include' });
  } else addPath(tree, '_id', id, options);
  checkMix(tree, inclusive);
  return (document, arrayIndex) => {
    const scope: Scope = { root: document, current: document, variables: options.variables };
    return projectDocument(document, tree, inclusive, scope, arrayIndex);
  };
}

function leavesOf(tree: Tree): Leaf[] {
  return [...tree.fields.values()].flatMap((node) => (node.kind === 'tree' ? leavesOf(node) : [node]));
}

function isInclusive(tree: Tree, id: Value): boolean {
  const leaves = leavesOf(tree);
  const decisive = leaves.find(({ kind }) => kind === 'include' || kind === 'compute' || kind === 'exclude');
  if (decisive) return decisive.kind !== 'exclude';
  // $slice alone keeps the other fields, $elemMatch and a.$ do not
  if (leaves.length > 0) return leaves.some((leaf) => leaf.kind !== 'slice');
  return id !== undefined && !isExcluding(id);
}

function checkMix(tree: Tree, inclusive: boolean): void {
  for (const [field, node] of tree.fields) {
    if (field === '_id' && node.kind !== 'tree') continue;
    for (const leaf of node.kind === 'tree' ? leavesOf(node) : [node]) {
      if (inclusive && leaf.kind === 'exclude') {
        throw new CommandError(31254, `Cannot do exclusion on field ${field} in inclusion projection`);
      }
      if (!inclusive && (leaf.kind === 'include' || leaf.kind === 'compute')) {
        throw new CommandError(31253, `Cannot do inclusion on field ${field} in exclusion projection`);
      }
    }
  }
}

function isExcluding(value: Value): boolean {
  return value === false || (isNumeric(value) && toDouble(value) === 0);
}

function isIncluding(value: Value): boolean {
  return value === true || (isNumeric(value) && toDouble(value) !== 0);
}

function addPath(root: Tree, path: string, value: Value, options: ProjectionOptions): void {
  const parts = path.split('.');
  const positional = parts.at(-1) === '$';
  if (positional) parts.pop();
  if (parts.some((part) => part === '' || part.startsWith('$'))) {
    throw new CommandError(16410, `FieldPath field names may not start with '$' or be empty: ${path}`);
  }
  let tree = root;
  for (const part of parts.slice(0, -1)) {
    const inner = tree.fields.get(part) ?? { kind: 'tree', fields: new Map() };
    if (inner.kind !== 'tree') throw new CommandError(31249, `Path collision at ${path}`);
    tree.fields.set(part, inner);
    tree = inner;
  }
  const last = parts.at(-1) as string;
  if (tree.fields.has(last)) throw new CommandError(31250, `Path collision at ${path}`);
  tree.fields.set(last, positional ? positionalLeaf(path, options) : nodeOf(value, options));
}

function nodeOf(value: Value, options: ProjectionOptions): Tree | Leaf {
  if (isExcluding(value)) return { kind: 'exclude' };
  if (isIncluding(value)) return { kind: 'include' };
  if (!isDocument(value)) return { kind: 'compute', expression: compileExpression(value, options.variables) };
  const [first] = Object.keys(value);
  if (first === undefined) throw new CommandError(51270, 'An empty sub-projection is not a valid value.');
  if (!first.startsWith('$')) {
    const tree: Tree = { kind: 'tree', fields: new Map() };
    for (const [path, inner] of Object.entries(value)) addPath(tree, path, inner, options);
    return tree;
  }
  if (!options.stage && first === '$elemMatch') return elemMatchLeaf(value[first], options);
  if (!options.stage && first === '$slice' && isFindSlice(value[first])) return sliceLeaf(value[first]);
  if (first === '$meta') throw new CommandError('NotImplemented', '$meta is not supported by this server');
  return { kind: 'compute', expression: compileExpression(value, options.variables) };
}

function positionalLeaf(path: string, options: ProjectionOptions): Leaf {
  if (options.stage) throw new CommandError(31324, `positional projection '${path}' cannot be used in an aggregation`);
  return {
    kind: 'positional',
    pick: (array, arrayIndex) => {
      if (arrayIndex === undefined) {
        throw new CommandError(
          51246,
          "Executor error during find command :: caused by :: positional operator '.$' couldn't find a matching element in the array",
        );
      }
      return arrayIndex < array.length ? [array[arrayIndex]] : [];
    },
  };
}

function elemMatchLeaf(condition: Value, { variables }: ProjectionOptions): Leaf {
  const matches = compileFilter({ element: { $elemMatch: condition } }, variables);
  return {
    kind: 'elemMatch',
    pick: (array) => {
      const found = array.find((element) => matches({ element: [element] }));
      return found === undefined ? undefined : [found];
    },
  };
}

function isFindSlice(value: Value): boolean {
  const numbers = Array.isArray(value) ? value : [value];
  return numbers.length <= 2 && numbers.every(isNumeric);
}

function sliceLeaf(value: Value): Leaf {
  const [first = 0, second] = (Array.isArray(value) ? value : [value]).map((number) => toInteger(number) ?? 0);
  if (second !== undefined && second <= 0) {
    throw new CommandError(28724, 'First argument to $slice must be an array, but is of type: int');
  }
  return {
    kind: 'slice',
    pick: (array) => {
      if (second === undefined) return first < 0 ? array.slice(first) : array.slice(0, first);
      const start = first < 0 ? Math.max(0, array.length + first) : first;
      return array.slice(start, start + second);
    },
  };
}

function projectDocument(document: Document, tree: Tree, inclusive: boolean, scope: Scope, at?: number): Document {
  const result: Document = {};
  for (const [field, value] of Object.entries(document)) {
    const node = tree.fields.get(field);
    const kept = node === undefined ? (inclusive ? undefined : value) : projectNode(value, node, inclusive, scope, at);
    if (kept !== undefined) result[field] = kept;
  }
  for (const [field, node] of tree.fields) addComputed(result, document, field, node, scope);
  return result;
}

/** Computed fields come after the kept ones, in the order of the projection. */
function addComputed(result: Document, document: Document, field: string, node: Tree | Leaf, scope: Scope): void {
  if (node.kind === 'compute') {
    delete result[field];
    const value = node.expression(scope);
    if (value !== undefined) result[field] = value;
  } else if (
    node.kind === 'tree' &&
    !isDocument(fieldOf(document, field)) &&
    !Array.isArray(fieldOf(document, field))
  ) {
    if (leavesOf(node).some((leaf) => leaf.kind === 'compute')) result[field] = projectDocument({}, node, true, scope);
  }
}

function projectNode(value: Value, node: Tree | Leaf, inclusive: boolean, scope: Scope, at?: number): Value {
  switch (node.kind) {
    case 'include':
      return value;
    case 'exclude':
    case 'compute':
      return undefined;
    case 'tree':
      return projectNested(value, node, inclusive, scope, at);
    default:
      if (Array.isArray(value)) return node.pick(value, at);
      // $slice and a.$ leave what is no array, $elemMatch drops it
      return node.kind === 'elemMatch' ? undefined : value;
  }
}

function projectNested(value: Value, tree: Tree, inclusive: boolean, scope: Scope, at?: number): Value {
  if (isDocument(value)) return projectDocument(value, tree, inclusive, scope, at);
  if (!Array.isArray(value)) return inclusive ? undefined : value;
  const kept: Value[] = [];
  for (const element of value) {
    const projected = projectNested(element, tree, inclusive, scope, at);
    if (projected !== undefined) kept.push(projected);
  }
  return kept;
}

/** Sets computed fields in a copy, as `$addFields` does: through documents and arrays on the way, in place of scalars. */
export function compileAddFields(specification: Value, variables: Variables): Projection {
  if (!isDocument(specification)) {
    throw new CommandError(40272, `$addFields specification stage must be an object, got ${typeOf(specification)}`);
  }
  const tree: Tree = { kind: 'tree', fields: new Map() };
  for (const [path, value] of Object.entries(specification)) addComputedPath(tree, path, value, variables);
  return (document) => setFields(document, tree, { root: document, current: document, variables });
}

function addComputedPath(tree: Tree, path: string, value: Value, variables: Variables): void {
  const [field = '', ...rest] = path.split('.');
  if (field === '' || field.startsWith('$')) {
    throw new CommandError(16410, `FieldPath field names may not start with '$' or be empty: ${path}`);
  }
  const nested = isDocument(value) && Object.keys(value).length > 0 && !Object.keys(value)[0]?.startsWith('$');
  if (rest.length === 0 && !nested) {
    if (tree.fields.has(field)) throw new CommandError(40176, `Path collision at ${path}`);
    tree.fields.set(field, { kind: 'compute', expression: compileExpression(value, variables) });
    return;
  }
  const inner = tree.fields.get(field) ?? { kind: 'tree', fields: new Map() };
  if (inner.kind !== 'tree') throw new CommandError(40176, `Path collision at ${path}`);
  tree.fields.set(field, inner);
  if (rest.length > 0) addComputedPath(inner, rest.join('.'), value, variables);
  else for (const [key, each] of Object.entries(value as Document)) addComputedPath(inner, key, each, variables);
}

function setFields(document: Document, tree: Tree, scope: Scope): Document {
  const result = { ...document };
  for (const [field, node] of tree.fields) {
    const value =
      node.kind === 'compute' ? node.expression(scope) : setNested(fieldOf(result, field), node as Tree, scope);
    if (value === undefined) delete result[field];
    else result[field] = value;
  }
  return result;
}

function setNested(value: Value, tree: Tree, scope: Scope): Value {
  if (Array.isArray(value)) return value.map((element) => setNested(element, tree, scope));
  return setFields(isDocument(value) ? value : {}, tree, scope);
}
