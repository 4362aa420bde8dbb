import { CommandError } from '../errors.ts';
import { isTruthy } from '../values/truth.ts';
import { type Document, isDocument, type Value } from '../values/values.ts';
import type { Compile, Expression } from './expression.ts';

type LazyOperator = (argument: Value, compile: Compile) => Expression;

/** Operators that decide themselves which of their operands are evaluated, and with which variables. */
export const lazyOperators: Record<string, LazyOperator> = {
  $literal: (argument) => () => argument,
  $const: (argument) => () => argument,
  $cond: compileCond,
  $ifNull: compileIfNull,
  $switch: compileSwitch,
  $and: (argument, compile) => {
    const operands = operandList(argument).map((operand) => compile(operand));
    return (scope) => operands.every((operand) => isTruthy(operand(scope)));
  },
  $or: (argument, compile) => {
    const operands = operandList(argument).map((operand) => compile(operand));
    return (scope) => operands.some((operand) => isTruthy(operand(scope)));
  },
  $let: compileLet,
  $map: compileMap,
  $filter: compileFilterOperator,
  $reduce: compileReduce,
};

function operandList(argument: Value): Value[] {
  return Array.isArray(argument) ? argument : [argument];
}

function namedOperands(name: string, argument: Value, required: string[], optional: string[] = []): Document {
  if (!isDocument(argument)) throw new CommandError('FailedToParse', `${name} only supports an object as its argument`);
  for (const key of required) {
    if (!(key in argument)) throw new CommandError('FailedToParse', `Missing '${key}' parameter to ${name}`);
  }
  const unknown = Object.keys(argument).find((key) => !required.includes(key) && !optional.includes(key));
  if (unknown !== undefined) throw new CommandError('FailedToParse', `Unrecognized parameter to ${name}: ${unknown}`);
  return argument;
}

function compileCond(argument: Value, compile: Compile): Expression {
  if (Array.isArray(argument) && argument.length !== 3) {
    throw new CommandError(16020, `Expression $cond takes exactly 3 arguments. ${argument.length} were passed in.`);
  }
  const operands = Array.isArray(argument) ? argument : condOperands(argument);
  const [condition, yes, no] = operands.map((operand) => compile(operand)) as [Expression, Expression, Expression];
  return (scope) => (isTruthy(condition(scope)) ? yes(scope) : no(scope));
}

function condOperands(argument: Value): Value[] {
  const operands = namedOperands('$cond', argument, ['if', 'then', 'else']);
  return [operands.if, operands.then, operands.else];
}

function compileIfNull(argument: Value, compile: Compile): Expression {
  if (!Array.isArray(argument) || argument.length < 2) {
    throw new CommandError(1257300, `$ifNull needs at least two arguments, had: ${operandList(argument).length}`);
  }
  const operands = argument.map((operand) => compile(operand));
  return (scope) => {
    let value: Value;
    for (const operand of operands) {
      value = operand(scope);
      if (value !== undefined && value !== null) return value;
    }
    return value;
  };
}

function compileSwitch(argument: Value, compile: Compile): Expression {
  const { branches, default: otherwise } = namedOperands('$switch', argument, ['branches'], ['default']);
  if (!Array.isArray(branches) || branches.length === 0) {
    throw new CommandError(40068, '$switch requires at least one branch');
  }
  const compiled = branches.map((branch) => {
    const operands = namedOperands('$switch', branch, ['case', 'then']);
    return { condition: compile(operands.case), result: compile(operands.then) };
  });
  const fallback = otherwise === undefined ? undefined : compile(otherwise);
  return (scope) => {
    for (const { condition, result } of compiled) if (isTruthy(condition(scope))) return result(scope);
    if (fallback) return fallback(scope);
    throw new CommandError(
      40066,
      '$switch could not find a matching branch for an input, and no default was specified.',
    );
  };
}

function compileLet(argument: Value, compile: Compile): Expression {
  const operands = namedOperands('$let', argument, ['vars', 'in']);
  if (!isDocument(operands.vars)) throw new CommandError(16876, 'invalid parameter: expected an object (vars)');
  const bindings = Object.entries(operands.vars).map(([name, value]) => ({ name, value: compile(value) }));
  const body = compile(
    operands.in,
    bindings.map(({ name }) => name),
  );
  return (scope) => {
    const variables = { ...scope.variables };
    for (const { name, value } of bindings) variables[name] = value(scope);
    return body({ ...scope, variables });
  };
}

/** The array operand: null and missing make the whole expression null. */
function arrayInput(name: string, value: Value): Value[] | null {
  if (value === null || value === undefined) return null;
  if (Array.isArray(value)) return value;
  throw new CommandError(name === '$map' ? 16883 : 28651, `input to ${name} must be an array not ${typeof value}`);
}

function variableName(value: Value): string {
  return typeof value === 'string' ? value : 'this';
}

function compileMap(argument: Value, compile: Compile): Expression {
  const operands = namedOperands('$map', argument, ['input', 'in'], ['as']);
  const name = variableName(operands.as);
  const input = compile(operands.input);
  const body = compile(operands.in, [name]);
  return (scope) => {
    const array = arrayInput('$map', input(scope));
    if (array === null) return null;
    return array.map((value) => body({ ...scope, variables: { ...scope.variables, [name]: value } }) ?? null);
  };
}

function compileFilterOperator(argument: Value, compile: Compile): Expression {
  const operands = namedOperands('$filter', argument, ['input', 'cond'], ['as', 'limit']);
  const name = variableName(operands.as);
  const input = compile(operands.input);
  const condition = compile(operands.cond, [name]);
  const limit = operands.limit === undefined ? undefined : compile(operands.limit);
  return (scope) => {
    const array = arrayInput('$filter', input(scope));
    if (array === null) return null;
    const most = Number(limit?.(scope) ?? Number.POSITIVE_INFINITY);
    if (!(most >= 1)) throw new CommandError(327392, '$filter: limit must be greater than 0');
    const kept: Value[] = [];
    for (const value of array) {
      if (kept.length >= most) break;
      if (isTruthy(condition({ ...scope, variables: { ...scope.variables, [name]: value } }))) kept.push(value);
    }
    return kept;
  };
}

function compileReduce(argument: Value, compile: Compile): Expression {
  const operands = namedOperands('$reduce', argument, ['input', 'initialValue', 'in']);
  const input = compile(operands.input);
  const initial = compile(operands.initialValue);
  const body = compile(operands.in, ['this', 'value']);
  return (scope) => {
    const array = input(scope);
    if (array === null || array === undefined) return null;
    if (!Array.isArray(array)) throw new CommandError(40080, '$reduce requires that "input" be an array');
    let value = initial(scope);
    for (const element of array) {
      value = body({ ...scope, variables: { ...scope.variables, this: element, value } });
    }
    return value;
  };
}
