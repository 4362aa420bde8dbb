import assert from 'node:assert/strict';
import { CRC32C } from '@google-cloud/storage';
import fc from 'fast-check';
import { digestOf } from './checksums.ts';

describe('digestOf', () => {
  it('has the check value of CRC-32C', () => {
    const crc = Buffer.from(digestOf(Buffer.from('123456789')).crc32c, 'base64');
    assert.equal(crc.readUInt32BE(), 0xe3069283);
  });

  it('has the hashes of no bytes', () => {
    assert.deepEqual(digestOf(Buffer.alloc(0)), { md5Hash: '1B2M2Y8AsgTpgAmY7PhCfg==', crc32c: 'AAAAAA==' });
  });

  it('is what the client computes', () =>
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const client = new CRC32C();
        client.update(Buffer.from(bytes));
        assert.equal(digestOf(bytes).crc32c, client.toString());
      }),
    ));
});
