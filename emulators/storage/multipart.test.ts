import assert from 'node:assert/strict';
import fc from 'fast-check';
import { splitMultipart } from './multipart.ts';

const build = (boundary: string, media: Uint8Array, end = '') =>
  Buffer.concat([
    Buffer.from(`--${boundary}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n{"a":1}\r\n`),
    Buffer.from(`--${boundary}\r\nContent-Type: text/x\r\n\r\n`),
    media,
    Buffer.from(`\r\n--${boundary}--${end}`),
  ]);

describe('splitMultipart', () => {
  it('gives back both parts, whatever bytes the media has', () =>
    fc.assert(
      fc.property(
        fc.uint8Array(),
        fc.constantFrom('', '\r\n'),
        fc.constantFrom('b0', '"b0"'),
        (media, end, boundary) => {
          const split = splitMultipart(`multipart/related; boundary=${boundary}`, build('b0', media, end));
          assert.equal(String(split.resource), '{"a":1}');
          assert.equal(split.contentType, 'text/x');
          assert.ok(split.media.equals(media));
        },
      ),
    ));

  it('takes a quoted boundary with other parameters around it', () => {
    const split = splitMultipart('multipart/related; type=x; boundary="=="; charset=y', build('==', Buffer.from('m')));
    assert.equal(String(split.media), 'm');
  });

  for (const { title, type, body } of [
    { title: 'no boundary', type: 'multipart/related', body: build('b', Buffer.from('m')) },
    { title: 'another type', type: 'application/json', body: Buffer.from('{}') },
    {
      title: 'a body cut short',
      type: 'multipart/related; boundary=b',
      body: build('b', Buffer.from('m')).subarray(0, -4),
    },
    { title: 'one part', type: 'multipart/related; boundary=b', body: Buffer.from('--b\r\n\r\n{}\r\n--b--') },
  ])
    it(`refuses ${title}`, () => assert.throws(() => splitMultipart(type, body), { code: 400 }));
});
