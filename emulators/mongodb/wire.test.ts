import assert from 'node:assert/strict';
import { BSONError, deserialize, serialize } from 'bson';
import fc from 'fast-check';
import { CursorBatch, MessageReader, ProtocolError, parseMessage, replyMessage } from './wire.ts';

function message(opcode: number, ...parts: Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const header = Buffer.alloc(16);
  header.writeInt32LE(16 + body.length, 0);
  header.writeInt32LE(7, 4);
  header.writeInt32LE(opcode, 12);
  return Buffer.concat([header, body]);
}

const int32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
};

function sequence(name: string, ...documents: object[]): Buffer {
  const body = Buffer.concat([Buffer.from(`${name}\0`), ...documents.map((document) => serialize(document))]);
  return Buffer.concat([Buffer.from([1]), int32(body.length + 4), body]);
}

const body = (document: object) => Buffer.concat([Buffer.from([0]), serialize(document)]);
const ping = message(2013, int32(0), body({ ping: 1, $db: 'a' }));

describe('messages', () => {
  it('are whole again however they were cut on their way', () =>
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (sizes) => {
        const insert = message(
          2013,
          int32(0),
          body({ insert: 'c', $db: 'a' }),
          sequence('documents', { a: 1 }, { b: 2 }),
        );
        const bytes = Buffer.concat([ping, insert, ping]);
        const reader = new MessageReader();
        const commands: unknown[] = [];
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const end = at + (sizes[i % sizes.length] ?? 1);
          reader.push(bytes.subarray(at, end));
          at = end;
          for (let next = reader.next(); next; next = reader.next()) commands.push(parseMessage(next).command);
        }
        assert.deepEqual(commands, [
          { ping: 1, $db: 'a' },
          { insert: 'c', $db: 'a', documents: [{ a: 1 }, { b: 2 }] },
          { ping: 1, $db: 'a' },
        ]);
      }),
    ));

  it('may end in a checksum, and may want no answer', () => {
    const { command, silent } = parseMessage(message(2013, int32(3), body({ ping: 1 }), int32(-1)));
    assert.deepEqual([command, silent], [{ ping: 1 }, true]);
  });

  for (const { title, document } of [
    { title: 'is cut short', document: Buffer.from([9, 0, 0, 0, 2, 97, 0, 1, 0]) },
    {
      title: 'has a name that JavaScript takes for itself',
      document: serialize(JSON.parse('{"ping":{"__proto__":1}}')),
    },
  ])
    it(`whose document ${title} are answered by an error`, () => {
      const { command } = parseMessage(message(2013, int32(0), Buffer.from([0]), document));
      assert.ok(command instanceof BSONError);
    });

  it('of old name their database in the collection, and get an answer of old', () => {
    const query = message(2004, int32(0), Buffer.from('admin.$cmd\0'), int32(0), int32(-1), serialize({ ismaster: 1 }));
    const request = parseMessage(query);
    assert.deepEqual([request.command, request.legacy], [{ ismaster: 1, $db: 'admin' }, true]);
    const reply = replyMessage(request, 1, serialize({ ok: 1 }));
    assert.equal(reply.readInt32LE(8), request.requestId);
    assert.equal(reply.readInt32LE(12), 1);
    assert.equal(reply.readInt32LE(32), 1);
    assert.deepEqual(deserialize(reply.subarray(36)), { ok: 1 });
  });

  for (const { title, bytes } of [
    { title: 'an opcode that nobody sends any more', bytes: message(2006, int32(0)) },
    { title: 'a section that exceeds its message', bytes: message(2013, int32(0), Buffer.from([0]), int32(99)) },
    { title: 'no body', bytes: message(2013, int32(0)) },
  ])
    it(`with ${title} end the connection`, () => assert.throws(() => parseMessage(bytes), ProtocolError));

  it('of a length that cannot be end the connection', () => {
    const reader = new MessageReader();
    reader.push(Buffer.alloc(16, 255));
    assert.throws(() => reader.next(), ProtocolError);
  });

  it('of a cursor hold the stored bytes as they are', () => {
    const documents = [serialize({ a: 1 }), serialize({ b: [{ c: 'x' }] })];
    const bytes = new CursorBatch('nextBatch', documents, 5n, 'a.c').toBytes();
    const { cursor, ok } = deserialize(bytes);
    assert.deepEqual(cursor, { nextBatch: [{ a: 1 }, { b: [{ c: 'x' }] }], id: 5, ns: 'a.c' });
    assert.equal(ok, 1);
  });
});
