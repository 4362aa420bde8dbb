import assert from 'node:assert/strict';
import { Binary, BSONRegExp, Long, MinKey, ObjectId, Timestamp } from 'bson';
import fc from 'fast-check';
import { compileBytesProjection, compileProjection } from './projection.ts';
import { type Document, decode, encode, type Value } from './values.ts';

const NAMES = ['_id', 'a', 'é', 'long name', '商店'];
const values = fc.oneof(
  fc.constantFrom<Value>(null, true, 'text', new Date(0), 2.5, 2 ** 40, Long.fromNumber(7), new BSONRegExp('é.', 'im')),
  fc.constantFrom<Value>(new ObjectId(), new Binary(Buffer.from('ab')), new Timestamp({ t: 1, i: 2 }), new MinKey()),
  fc.integer(),
  fc.string({ unit: 'binary' }),
  fc.array(fc.record({ a: fc.integer() }), { maxLength: 3 }),
  fc.record({ a: fc.string(), b: fc.record({ c: fc.boolean() }) }),
);
const documents = fc.dictionary(fc.constantFrom(...NAMES), values).map((document): Document => ({ ...document }));
const projections = fc
  .dictionary(fc.constantFrom(...NAMES.slice(1)), fc.constantFrom(1, true), { minKeys: 1 })
  .chain((names) => fc.constantFrom<Document>({ ...names }, { ...names, _id: 0 }, { ...names, _id: 1 }));

describe('compileBytesProjection', () => {
  it('gives the bytes of what the projection gives', () =>
    fc.assert(
      fc.property(documents, projections, (document, projection) => {
        const bytes = compileBytesProjection(projection)?.(encode(document)) ?? assert.fail('no projection of bytes');
        const projected = compileProjection(projection)(decode(encode(document)));
        assert.deepEqual(Buffer.from(bytes), Buffer.from(encode(projected)));
      }),
    ));

  for (const projection of [{}, { _id: 1 }, { a: 0 }, { 'a.b': 1 }, { a: 1, 'b.c': 1 }])
    it(`leaves ${JSON.stringify(projection)} to the one of documents`, () =>
      assert.equal(compileBytesProjection(projection), undefined));
});
