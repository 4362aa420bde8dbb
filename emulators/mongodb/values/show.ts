import type { Binary, Double, ObjectId } from 'bson';
import { type Document, typeOf, type Value } from './values.ts';

/** The document as MongoDB's messages print it: `{ k: "a", n: 1.0 }`. */
export function showDocument(document: Document): string {
  const fields = Object.entries(document).map(([key, value]) => `${key}: ${showValue(value)}`);
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
}

export function showValue(value: Value): string {
  switch (typeOf(value)) {
    case 'string':
      return `"${value as string}"`;
    case 'double': {
      const number = typeof value === 'number' ? value : (value as Double).value;
      return Number.isInteger(number) ? number.toFixed(1) : String(number);
    }
    case 'object':
      return showDocument(value as Document);
    case 'array':
      return `[ ${(value as Value[]).map(showValue).join(', ')} ]`;
    case 'objectId':
      return `ObjectId('${(value as ObjectId).toHexString()}')`;
    case 'date':
      return `new Date(${(value as Date).getTime()})`;
    case 'binData':
      return `BinData(${(value as Binary).sub_type}, ${Buffer.from((value as Binary).value())
        .toString('hex')
        .toUpperCase()})`;
    default:
      return String(value);
  }
}
