import { type Db, MongoNetworkError } from 'mongodb';
import { TransientError } from '../../../shared/runtime/errors.ts';
import type { Gate } from './run-jobs.ts';

type Method = (...args: unknown[]) => unknown;

/** A store each call of which passes the gate. */
export function gatedStore<T extends object>(store: T, name: string, gate: Gate): T {
  return withMethods(store, (method, property) => (...args) => {
    const what = `${name}.${String(property)}`;
    return gate(what, async () => method(...args), failedStore);
  });
}

/**
 * A database each call of which passes the gate, so that a store that is opened on it is interrupted between its own calls as
 * well: between a read and the write that hangs on it.
 */
export function gatedDb(db: Db, gate: Gate): Db {
  return withMethods(db, (method, property) => (...args) => {
    if (property !== 'collection') throw new Error(`${String(property)}: no gate`);
    return gatedCollection(method(...args) as object, `mongodb.${args[0]}`, gate);
  });
}

const CURSORS = ['find', 'aggregate'];

function gatedCollection(collection: object, name: string, gate: Gate): object {
  return withMethods(collection, (method, property) => (...args) => {
    const what = `${name}.${String(property)}`;
    if (CURSORS.includes(String(property))) return gatedCursor(method(...args) as object, what, gate);
    return gate(what, async () => method(...args), failedConnection);
  });
}

/** What narrows a cursor gives it again; it is read as a whole, in one turn. */
function gatedCursor(cursor: object, what: string, gate: Gate): object {
  const toArray = () =>
    gate(what, async () => (cursor as { toArray(): Promise<unknown[]> }).toArray(), failedConnection);
  const readAll = async function* () {
    yield* await toArray();
  };
  const gated: object = withMethods(cursor, (method, property) => {
    if (property === Symbol.asyncIterator) return readAll;
    if (property === 'toArray') return toArray;
    return (...args) => {
      method(...args);
      return gated;
    };
  });
  return gated;
}

function withMethods<T extends object>(target: T, replace: (method: Method, property: string | symbol) => Method): T {
  return new Proxy(target, {
    get: (_, property) => {
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === 'function' ? replace(value.bind(target), property) : value;
    },
  });
}

function failedConnection(what: string): Error {
  return new MongoNetworkError(`${what}: cut`);
}

function failedStore(what: string): Error {
  return new TransientError(`${what} failed`, { cause: undefined });
}
