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

/** Both hashes, computed together as the bytes come. */
export class Checksums {
  #md5 = createHash('md5');
  #crc = ~0;

  update(bytes: Uint8Array): void {
    this.#md5.update(bytes);
    let crc = this.#crc;
    for (let at = 0; at < bytes.length; at += 1) {
      crc = (TABLE[(crc ^ (bytes[at] as number)) & 0xff] as number) ^ (crc >>> 8);
    }
    this.#crc = crc;
  }

  /** Ends the computation. */
  digest(): Digest {
    const crc = Buffer.alloc(4);
    crc.writeInt32BE(~this.#crc);
    return { md5Hash: this.#md5.digest('base64'), crc32c: crc.toString('base64') };
  }
}
