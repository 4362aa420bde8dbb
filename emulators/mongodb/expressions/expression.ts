import { CommandError } from '../errors.ts';
import { fieldPath } from '../values/path.ts';
import { type Document, isDocument, type Value } from '../values/values.ts';
import { lazyOperators } from './expression-control.ts';
import { type EagerOperator, eagerOperators } from './expression-operators.ts';

export type Variables = Record<string, Value>;

/** What an expression is evaluated in. `variables` holds NOW, those of `let` and those bound around it. */
export interface Scope {
  root: Value;
  current: Value;
  variables: Variables;
}

/** A compiled expression; gives `undefined` for a missing value. */
export type Expression = (scope: Scope) => Value;

/** Compiles within a scope: `names` are the variables it may use beside the system's. */
export type Compile = (expression: Value, names?: readonly string[]) => Expression;

/**
 * Compiles an aggregation expression. Comparisons are BSON's total order, numbers keep their types, and an operator
 * that is not in the tables is refused with code 168.
 */
export function compileExpression(expression: Value, variables: Variables = {}): Expression {
  return compile(expression, Object.keys(variables));
}

function compile(expression: Value, names: readonly string[]): Expression {
  if (typeof expression === 'string' && expression.startsWith('$')) return compilePath(expression, names);
  if (Array.isArray(expression)) {
    const elements = expression.map((element) => compile(element, names));
    return (scope) => elements.map((element) => element(scope) ?? null);
  }
  if (!isDocument(expression)) return () => expression;
  const keys = Object.keys(expression);
  const first = keys[0];
  if (first?.startsWith('$')) {
    if (keys.length > 1) {
      throw new CommandError(
        15983,
        `an object representing an expression must have exactly one field: ${keys.join(', ')}`,
      );
    }
    return compileOperator(first, expression[first], names);
  }
  return compileDocument(expression, names);
}

function compileDocument(expression: Document, names: readonly string[]): Expression {
  const fields = Object.entries(expression).map(([key, value]) => {
    if (key.startsWith('$'))
      throw new CommandError(16410, `FieldPath field names may not start with '$'. Given: ${key}`);
    if (key.includes('.')) throw new CommandError(16405, `FieldPath field names may not contain '.'. Given: ${key}`);
    return { key, value: compile(value, names) };
  });
  return (scope) => {
    const document: Document = {};
    for (const { key, value } of fields) {
      const result = value(scope);
      if (result !== undefined) document[key] = result;
    }
    return document;
  };
}

function compilePath(path: string, names: readonly string[]): Expression {
  if (!path.startsWith('$$')) {
    const parts = pathParts(path.slice(1));
    return (scope) => fieldPath(scope.current, parts);
  }
  const [name = '', ...parts] = pathParts(path.slice(2));
  if (name === 'ROOT') return (scope) => fieldPath(scope.root, parts);
  if (name === 'CURRENT') return (scope) => fieldPath(scope.current, parts);
  if (name === 'REMOVE') return () => undefined;
  if (name !== 'NOW' && !names.includes(name)) throw new CommandError(17276, `Use of undefined variable: ${name}`);
  return (scope) => fieldPath(scope.variables[name], parts);
}

function pathParts(path: string): string[] {
  const parts = path.split('.');
  if (parts.some((part) => part === ''))
    throw new CommandError(15998, 'FieldPath field names may not be empty strings.');
  if (parts.some((part) => part.startsWith('$'))) {
    throw new CommandError(
      16410,
      `FieldPath field names may not start with '$'. Consider using $getField or $setField.`,
    );
  }
  return parts;
}

function compileOperator(name: string, argument: Value, names: readonly string[]): Expression {
  const lazy = lazyOperators[name];
  if (lazy) return lazy(argument, (inner, more = []) => compile(inner, [...names, ...more]));
  const eager = eagerOperators[name];
  if (!eager) throw new CommandError('InvalidPipelineOperator', `Unrecognized expression '${name}'`);
  return eager.named ? compileNamed(name, eager, argument, names) : compilePositional(name, eager, argument, names);
}

function compilePositional(
  name: string,
  operator: EagerOperator,
  argument: Value,
  names: readonly string[],
): Expression {
  const operands = operandsOf(operator, argument);
  const [least, most] = operator.arity;
  if (operands.length < least || operands.length > most) {
    const expected = least === most ? `exactly ${least} arguments` : `at least ${least} arguments, and at most ${most}`;
    throw new CommandError(16020, `Expression ${name} takes ${expected}. ${operands.length} were passed in.`);
  }
  const compiled = operands.map((operand) => compile(operand, names));
  return (scope) => operator.run(compiled.map((operand) => operand(scope)));
}

function operandsOf({ arity }: EagerOperator, argument: Value): Value[] {
  if (Array.isArray(argument)) return argument;
  // an operator without operands is written {$rand: {}}
  return arity[1] === 0 && isDocument(argument) && Object.keys(argument).length === 0 ? [] : [argument];
}

/** Operators whose argument is a document of named operands; `run` gets them in the order of `named`. */
function compileNamed(name: string, operator: EagerOperator, argument: Value, names: readonly string[]): Expression {
  const known = operator.named ?? [];
  if (!isDocument(argument)) {
    if (operator.single) return compilePositional(name, { ...operator, arity: [1, 1] }, argument, names);
    throw new CommandError('FailedToParse', `${name} only supports an object as its argument`);
  }
  const keys = Object.keys(argument);
  // {$year: {$add: […]}} is the date itself, not named operands
  if (operator.single && keys[0]?.startsWith('$'))
    return compilePositional(name, { ...operator, arity: [1, 1] }, argument, names);
  const unknown = keys.find((key) => !known.includes(key));
  if (unknown !== undefined) throw new CommandError('FailedToParse', `${name} found an unknown argument: ${unknown}`);
  const compiled = known.map((key) => (key in argument ? compile(argument[key], names) : () => undefined));
  const required = known.slice(0, operator.arity[0]).find((key) => !(key in argument));
  if (required !== undefined) throw new CommandError('FailedToParse', `Missing '${required}' parameter to ${name}`);
  return (scope) => operator.run(compiled.map((operand) => operand(scope)));
}
