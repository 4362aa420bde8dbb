import {
  type Binary,
  BSONError,
  type BSONRegExp,
  DBRef,
  Double,
  deserialize,
  Int32,
  type Long,
  type MaxKey,
  type MinKey,
  type ObjectId,
  serialize,
  type Timestamp,
} from 'bson';

/**
 * A BSON value that keeps its exact type. A JavaScript number stands for what bson writes for it: an int32 when it is
 * an integer in that range, else a double. A double that looks like an int32 is therefore a `Double`, every int64 a
 * `Long`. `undefined` is a missing field.
 */
export type Value =
  | undefined
  | null
  | boolean
  | number
  | string
  | Date
  | Value[]
  | Document
  | Double
  | Long
  | ObjectId
  | Binary
  | BSONRegExp
  | Timestamp
  | MinKey
  | MaxKey;

export interface Document {
  [key: string]: Value;
}

/** MongoDB's names of the types that this server has, and `missing`. */
export type TypeName =
  | 'missing'
  | 'double'
  | 'string'
  | 'object'
  | 'array'
  | 'binData'
  | 'objectId'
  | 'bool'
  | 'date'
  | 'null'
  | 'regex'
  | 'int'
  | 'timestamp'
  | 'long'
  | 'minKey'
  | 'maxKey';

const bsonTypes: Record<string, TypeName> = {
  Double: 'double',
  Long: 'long',
  ObjectId: 'objectId',
  Binary: 'binData',
  BSONRegExp: 'regex',
  Timestamp: 'timestamp',
  MinKey: 'minKey',
  MaxKey: 'maxKey',
};

/** Is this number written as an int32? */
export function isInt32(value: number): boolean {
  return value === (value | 0) && !Object.is(value, -0);
}

export function typeOf(value: Value): TypeName {
  switch (typeof value) {
    case 'string':
      return 'string';
    case 'number':
      return isInt32(value) ? 'int' : 'double';
    case 'boolean':
      return 'bool';
    case 'undefined':
      return 'missing';
  }
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (value instanceof Date) return 'date';
  const tag = (value as { _bsontype?: unknown })._bsontype;
  return (typeof tag === 'string' ? bsonTypes[tag] : undefined) ?? 'object';
}

export function isDocument(value: Value): value is Document {
  return typeOf(value) === 'object';
}

/** The double as a value: a plain number where bson writes that as a double. */
export function double(value: number): number | Double {
  return isInt32(value) ? new Double(value) : value;
}

/** The value of a document's own field; never what JavaScript gives to every object. */
export function fieldOf(document: Document, name: string): Value {
  return Object.hasOwn(document, name) ? document[name] : undefined;
}

/** Field names that JavaScript's bson cannot keep apart from its own. */
const unusableNames = ['__proto__', '_bsontype'];

/** Reads a document with every type kept; throws on bytes that are no BSON, and on names and types that cannot be kept. */
export function decode(bytes: Uint8Array): Document {
  return exactDocument(deserialize(bytes, { promoteValues: false, bsonRegExp: true }));
}

export function encode(document: Document): Buffer {
  const bytes = serialize(document, { ignoreUndefined: true });
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A copy whose documents and arrays are its own; what is in them is never changed in place, and shared. */
export function copyDocument(document: Document): Document {
  const copy: Document = {};
  for (const key of Object.keys(document)) copy[key] = copyValue(document[key]);
  return copy;
}

function copyValue(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copyValue);
  return isDocument(value) ? copyDocument(value) : value;
}

function exactDocument(document: Record<string, unknown>): Document {
  for (const key of Object.keys(document)) {
    if (unusableNames.includes(key)) throw new BSONError(`this server cannot keep a field named ${key}`);
    const value = document[key];
    if (typeof value === 'object' && value !== null) document[key] = exact(value);
  }
  return document as Document;
}

function exact(value: object): unknown {
  if (value instanceof Int32) return value.value;
  if (value instanceof Double) return isInt32(value.value) ? value : value.value;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const element = value[i];
      if (typeof element === 'object' && element !== null) value[i] = exact(element);
    }
    return value;
  }
  if (value instanceof DBRef) {
    const { collection, oid, db, fields } = value;
    return exactDocument({ $ref: collection, $id: oid, ...(db === undefined ? {} : { $db: db }), ...fields });
  }
  if (value instanceof Date) return value;
  if ('_bsontype' in value) {
    if (Object.hasOwn(bsonTypes, String(value._bsontype))) return value;
    throw new BSONError(`this server cannot keep a ${value._bsontype}`);
  }
  return exactDocument(value as Record<string, unknown>);
}
