import type { Long } from 'bson';
import { CommandError } from '../errors.ts';
import type { Catalog } from '../storage/catalog.ts';
import type { Store } from '../storage/store.ts';
import { isNumeric, toDouble, toInteger } from '../values/numbers.ts';
import { type Document, isDocument, typeOf, type Value } from '../values/values.ts';
import type { CursorBatch } from '../wire.ts';
import type { Cursors } from './cursors.ts';
import type { FailPoint } from './fail-point.ts';

/** What commands work on. */
export interface ServerState {
  store: Store;
  catalog: Catalog;
  cursors: Cursors;
  failPoint: FailPoint;
}

/** What a command knows beside its own document. */
export interface CommandContext extends ServerState {
  database: string;
  connectionId: number;
}

export interface Command {
  /** The fields it takes, beside its own name and the general ones; others are refused with code 40415. */
  fields: readonly string[] | 'any';
  /** It changes data and runs as one transaction of the store. */
  writes?: true;
  run(command: Document, context: CommandContext): Document | CursorBatch;
}

/** Fields that any command may have and that change nothing here: one server, every write is durable when answered. */
const generalFields = new Set([
  ...['lsid', '$db', '$readPreference', '$clusterTime', 'readConcern', 'writeConcern', 'maxTimeMS', 'comment'],
  ...['apiVersion', 'apiStrict', 'apiDeprecationErrors', 'txnNumber', 'startTransaction', 'autocommit', 'helloOk'],
  ...['allowDiskUse', 'noCursorTimeout', 'bypassDocumentValidation', '$client'],
]);

/** Refuses fields that the command does not know, and general ones whose meaning this server has not. */
export function checkFields(name: string, { fields }: Command, command: Document): void {
  if (fields !== 'any')
    checkKnown(name, command, (key) => key === name || fields.includes(key) || generalFields.has(key));
  const { txnNumber, startTransaction, autocommit, readConcern, writeConcern } = command;
  if (txnNumber !== undefined || startTransaction !== undefined || autocommit !== undefined) {
    const message = 'Transaction numbers are only allowed on a replica set member or mongos';
    throw new CommandError('IllegalOperation', message);
  }
  const level = isDocument(readConcern) ? String(readConcern.level ?? 'local') : 'local';
  if (!['local', 'available', 'majority'].includes(level)) {
    throw new CommandError('NotAReplicaSet', `node needs to be a replica set member to use read concern ${level}`);
  }
  const w = isDocument(writeConcern) ? writeConcern.w : undefined;
  if (isNumeric(w) && toDouble(w) > 1) {
    throw new CommandError('BadValue', "cannot use 'w' > 1 when a host is not replicated");
  }
}

export function checkKnown(name: string, document: Document, isKnown: (key: string) => boolean): void {
  const unknown = Object.keys(document).find((key) => !isKnown(key));
  if (unknown !== undefined) throw new CommandError(40415, `BSON field '${name}.${unknown}' is an unknown field.`);
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
  if (integer === undefined) throw wrongType(field, value, 'a whole number');
  if (integer < 0) throw new CommandError(51024, `BSON field '${field}' value must be >= 0, actual value '${integer}'`);
  return integer;
}

/** An optional document; null counts as none. */
export function documentOf(command: Document, field: string): Document {
  const value = command[field];
  if (value === undefined || value === null) return {};
  if (isDocument(value)) return value;
  throw wrongType(field, value, "type 'object'");
}

function wrongType(field: string, value: Value, expected: string): CommandError {
  const message = `BSON field '${field}' is the wrong type '${typeOf(value)}', expected ${expected}`;
  return new CommandError('TypeMismatch', message);
}

/** A list of documents that may not be empty. */
export function documentsOf(command: Document, field: string): Document[] {
  const value = command[field];
  if (!Array.isArray(value) || !value.every(isDocument)) throw wrongType(field, value, 'an array of objects');
  if (value.length > 0 && value.length <= 100_000) return value;
  const message = `Write batch sizes must be between 1 and 100000. Got ${value.length} operations.`;
  throw new CommandError('InvalidLength', message);
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
