import assert from 'node:assert/strict';
import { CRC32C } from '@google-cloud/storage';
import fc from 'fast-check';
import { Checksums } from './checksums.ts';

const digest = (...pieces: Uint8Array[]) => {
  const checksums = new Checksums();
  for (const piece of pieces) checksums.update(piece);
  return checksums.digest();
};

describe('Checksums', () => {
  it('has the check value of CRC-32C', () => {
    const crc = Buffer.from(digest(Buffer.from('123456789')).crc32c, 'base64');
    assert.equal(crc.readUInt32BE(), 0xe3069283);
  });

  it('has the hashes of no bytes', () => {
    assert.deepEqual(digest(), { md5Hash: '1B2M2Y8AsgTpgAmY7PhCfg==', crc32c: 'AAAAAA==' });
  });

  it('is what the client computes, in pieces or not', () =>
    fc.assert(
      fc.property(fc.array(fc.uint8Array()), (pieces) => {
        const whole = Buffer.concat(pieces);
        const client = new CRC32C();
        client.update(whole);
        assert.equal(digest(...pieces).crc32c, client.toString());
        assert.deepEqual(digest(...pieces), digest(whole));
      }),
    ));
});
