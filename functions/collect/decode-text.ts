import { isUtf8 } from 'node:buffer';
import { TextDecoder } from 'node:util';

/** Bytes to text, a piece at a time. */
export interface TextReader {
  read(bytes: Uint8Array): string;
  /** false once a piece was guessed or lost bytes: the text alone does not give them back. */
  isExact(): boolean;
}

/**
 * Reads by the declared charset; an unknown one counts as none, and none is UTF-8. What does not fit it is UTF-8 when it is that
 * throughout, else U+FFFD stands for the bytes that do not fit, for PHP's `substr` cuts inside characters. Only a piece without
 * any character of UTF-8 beyond ASCII is windows-1252, in which every byte is a character: what an old blog in Latin-1 sends.
 */
export function openTextReader(charset = 'utf-8'): TextReader {
  const declared = openDecoder(charset) ?? new TextDecoder('utf-8', { fatal: true });
  let isExact = true;
  return {
    read: (bytes) => {
      if (declared.encoding === 'windows-1252') return decodeWindows1252(bytes);
      try {
        return declared.decode(bytes);
      } catch {
        isExact = false;
        const text = new TextDecoder(isUtf8(bytes) ? 'utf-8' : declared.encoding).decode(bytes);
        return declared.encoding !== 'utf-8' || isBeyondAscii(text, bytes) ? text : decodeWindows1252(bytes);
      }
    },
    isExact: () => isExact,
  };
}

function openDecoder(charset: string): TextDecoder | undefined {
  try {
    return new TextDecoder(charset, { fatal: true });
  } catch {
    return undefined;
  }
}

/** Whether UTF-8 has more than ASCII in these bytes; U+FFFD may have been sent as such. */
function isBeyondAscii(text: string, bytes: Uint8Array): boolean {
  return /[^\0-\x7f\ufffd]/.test(text) || Buffer.from(bytes).includes('\ufffd');
}

/** What windows-1252 has from 0x80 to 0x9f. Source: encoding.spec.whatwg.org/index-windows-1252.txt. */
const WINDOWS_1252 = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';

/** By hand, for Node 20's own decoder reads windows-1252 as Latin-1. */
function decodeWindows1252(bytes: Uint8Array): string {
  const latin1 = Buffer.from(bytes).toString('latin1');
  return latin1.replace(/[\u0080-\u009f]/g, (character) => WINDOWS_1252.charAt(character.charCodeAt(0) - 0x80));
}
