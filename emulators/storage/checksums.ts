import { createHash } from 'node:crypto';

/** CRC-32C (Castagnoli), reflected polynomial. */
const POLYNOMIAL = 0x82f63b78;
const TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1;
  return value;
});

/** The two hashes of an object, both base64; crc32c in big-endian order. */
export interface Digest {
  md5Hash: string;
  crc32c: string;
}

export function digestOf(bytes: Uint8Array): Digest {
  let value = ~0;
  for (let at = 0; at < bytes.length; at += 1) {
    value = (TABLE[(value ^ (bytes[at] as number)) & 0xff] as number) ^ (value >>> 8);
  }
  const crc = Buffer.alloc(4);
  crc.writeInt32BE(~value);
  return { md5Hash: createHash('md5').update(bytes).digest('base64'), crc32c: crc.toString('base64') };
}
