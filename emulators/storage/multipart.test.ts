import assert from 'node:assert/strict';
import fc from 'fast-check';
import { splitMultipart } from './multipart.ts';

const build = (boundary: string, media: Uint8Array, end = '', line = '\r\n') =>
  Buffer.concat([
    Buffer.from(
      [
        `--${boundary}`,
        'Content-Type: application/json; charset=UTF-8',
        '',
        '{"a":1}',
        `--${boundary}`,
        'Content-Type: text/x',
        '',
        '',
      ].join(line),
    ),
    media,
    Buffer.from(`${line}--${boundary}--${end}`),
  ]);

describe('splitMultipart', () => {
  it('gives back both parts, whatever bytes the media has', () =>
    fc.assert(
      fc.property(
        fc.uint8Array(),
        fc.constantFrom('', '\r\n'),
        fc.constantFrom('b0', '"b0"', "'b0'"),
        fc.constantFrom('\r\n', '\n'),
        (media, end, boundary, line) => {
          const split = splitMultipart(`multipart/related; boundary=${boundary}`, build('b0', media, end, line));
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

  it('takes the body that gcloud sends: lines end in LF, the boundary is quoted in the header only', () => {
    const body = [
      '--===7==',
      'Content-Type: application/json',
      'MIME-Version: 1.0',
      '',
      '{"bucket": "b", "name": "d/a.txt"}',
      '--===7==',
      'Content-Type: text/plain',
      'MIME-Version: 1.0',
      'Content-Transfer-Encoding: binary',
      '',
      'hello\n',
      '--===7==--',
      '',
    ].join('\n');
    const split = splitMultipart("multipart/related; boundary='===7=='", Buffer.from(body));
    assert.deepEqual(
      [JSON.parse(String(split.resource)).name, split.contentType, String(split.media)],
      ['d/a.txt', 'text/plain', 'hello\n'],
    );
  });

  it('takes single quotes that are a part of the boundary', () => {
    const split = splitMultipart("multipart/related; boundary='b'", build("'b'", Buffer.from('m')));
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
