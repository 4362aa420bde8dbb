import type { Long } from 'bson';
import { CommandError } from '../errors.ts';
import { compileExpression, type Variables } from '../expressions/expression.ts';
import type { Catalog } from '../storage/catalog.ts';
import type { Store } from '../storage/store.ts';
import { isNumeric, toDouble, toInteger } from '../values/numbers.ts';
import { type Document, isDocument, typeOf, type Value } from '../values/values.ts';
import type { CursorBatch } from '../wire.ts';
import type { Cursors } from './cursors.ts';

/** What commands work on. */
export interface ServerState {
  store: Store;
  catalog: Catalog;
  cursors: Cursors;
  startedAtMs: number;
}

/** What a command knows beside its own document. */
export interface CommandContext extends ServerState {
  database: string;
  connectionId: number;
  /** Address and port of the client. */
  client: string;
}

export interface Command {
  /** The fields it takes, beside its own name and the general ones; others are refused with code 40415. */
  fields: readonly string[] | 'any';
  /** It changes data and runs as one transaction of the store. */
  writes?: true;
  run(command: Document, context: CommandContext): Document | CursorBatch;
}

/** Fields that any command may have and that change nothing here: one server, every write is durable when answered. */
const generalFields = new Set(
  [
    'lsid',
    '$db',
    '$readPreference',
    '$clusterTime',
    'readConcern',
    'writeConcern',
    'maxTimeMS',
    'comment',
    'apiVersion',
  ]
    .concat([
      'apiStrict',
      'apiDeprecationErrors',
      'collation',
      'txnNumber',
      'startTransaction',
      'autocommit',
      'helloOk',
    ])
    .concat(['allowDiskUse', 'noCursorTimeout', 'bypassDocumentValidation', '$audit', '$client', 'let']),
);

/** Refuses fields that the command does not know, and general ones whose meaning this server has not. */
export function checkFields(name: string, { fields }: Command, command: Document): void {
  const isKnown = (key: string) => fields === 'any' || key === name || fields.includes(key) || generalFields.has(key);
  const unknown = Object.keys(command).find((key) => !isKnown(key));
  if (unknown !== undefined) throw new CommandError(40415, `BSON field '${name}.${unknown}' is an unknown field.`);
  checkSession(command);
  checkConcerns(command);
  checkCollation(command.collation);
}

function checkSession({ txnNumber, startTransaction, autocommit }: Document): void {
  if (txnNumber === undefined && startTransaction === undefined && autocommit === undefined) return;
  throw new CommandError('IllegalOperation', 'Transaction numbers are only allowed on a replica set member or mongos');
}

function checkConcerns({ readConcern, writeConcern }: Document): void {
  const level = isDocument(readConcern) ? readConcern.level : undefined;
  if (level !== undefined && !['local', 'available', 'majority'].includes(String(level))) {
    throw new CommandError(
      'NotAReplicaSet',
      `node needs to be a replica set member to use read concern ${String(level)}`,
    );
  }
  const w = isDocument(writeConcern) ? writeConcern.w : undefined;
  if (isNumeric(w) && toDouble(w) > 1) {
    throw new CommandError('BadValue', "cannot use 'w' > 1 when a host is not replicated");
  }
}

export function checkCollation(collation: Value): void {
  if (collation === undefined || (isDocument(collation) && collation.locale === 'simple')) return;
  throw new CommandError('NotImplemented', 'collation is not supported by this server');
}

/** The collection that the command is about: the value of its own field. */
export function collectionName(command: Document, name: string): string {
  const value = command[name];
  if (typeof value === 'string' && value !== '') return value;
  throw new CommandError('InvalidNamespace', `collection name has invalid type ${typeOf(value)}`);
}

/** An optional whole number, 0 or more. */
export function countOf(command: Document, field: string): number | undefined {
  const value = command[field];
  if (value === undefined) return undefined;
  const integer = toInteger(value);
  if (integer === undefined) {
    throw new CommandError(
      'TypeMismatch',
      `BSON field '${field}' is the wrong type '${typeOf(value)}', expected a whole number`,
    );
  }
  if (integer < 0) throw new CommandError(51024, `BSON field '${field}' value must be >= 0, actual value '${integer}'`);
  return integer;
}

/** An optional document; null counts as none. */
export function documentOf(command: Document, field: string): Document {
  const value = command[field];
  if (value === undefined || value === null) return {};
  if (isDocument(value)) return value;
  throw new CommandError(
    'TypeMismatch',
    `BSON field '${field}' is the wrong type '${typeOf(value)}', expected type 'object'`,
  );
}

/** A list of documents that may not be empty. */
export function documentsOf(command: Document, field: string): Document[] {
  const value = command[field];
  if (!Array.isArray(value) || !value.every(isDocument)) {
    throw new CommandError('TypeMismatch', `BSON field '${field}' must be an array of objects`);
  }
  if (value.length === 0 || value.length > 100_000) {
    throw new CommandError(
      'InvalidLength',
      `Write batch sizes must be between 1 and 100000. Got ${value.length} operations.`,
    );
  }
  return value;
}

/** True, or a number other than 0. */
export function flag(value: Value): boolean {
  return value === true || (isNumeric(value) && toDouble(value) !== 0);
}

/** The variables of expressions: NOW, one for the whole command, and those of `let`. */
export function variablesOf(bindings: Value, outer: Variables = { NOW: new Date() }): Variables {
  const variables = { ...outer };
  for (const [name, value] of Object.entries(isDocument(bindings) ? bindings : {})) {
    variables[name] = compileExpression(value, outer)({ root: {}, current: {}, variables: outer });
  }
  return variables;
}

/** A cursor's number, which the protocol has as an int64. */
export function cursorId(value: Value): bigint {
  const type = typeOf(value);
  if (type === 'long') return (value as Long).toBigInt();
  if (type === 'int') return BigInt(value as number);
  throw new CommandError('TypeMismatch', `a cursor id must be a long, not ${type}`);
}

/** Commits also what a command did before it failed, as MongoDB does without a transaction; a bug undoes everything. */
export function commit<T>(run: () => T, store: Store): T {
  const outcome = store.write(() => {
    try {
      return { result: run() };
    } catch (error) {
      if (error instanceof CommandError) return { error };
      throw error;
    }
  });
  if ('error' in outcome) throw outcome.error;
  return outcome.result;
}
