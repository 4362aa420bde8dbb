/** What a `PUT` to a resumable upload says about its body. */
export interface ContentRange {
  /** Offset of the body's first byte; undefined: no body, the client asks how far the upload is. */
  from: number | undefined;
  /** Offset of the body's last byte; undefined: until the body ends. */
  to: number | undefined;
  /** Size of the whole object; undefined: not known yet. */
  total: number | undefined;
}

const CONTENT_RANGE = /^bytes (?:(\d+)-(\d+|\*)|\*)\/(\d+|\*)$/;

/**
 * Reads `bytes 100-199/200`, each number or pair of which may be a star, as the client sends them. Without a header the body
 * is the whole object. Undefined for anything else.
 */
export function parseContentRange(header: string | undefined): ContentRange | undefined {
  if (header === undefined) return { from: 0, to: undefined, total: undefined };
  const match = CONTENT_RANGE.exec(header);
  if (match === null) return undefined;
  const number = (text: string | undefined) => (text === undefined || text === '*' ? undefined : Number(text));
  const range = { from: number(match[1]), to: number(match[2]), total: number(match[3]) };
  if (range.from !== undefined && range.to !== undefined && range.to < range.from) return undefined;
  return range;
}

/** Bytes `from` to `to` (both included) of a download. */
export interface Range {
  from: number;
  to: number;
}

/**
 * Reads the `Range` header of a download of `size` bytes: undefined where it is to be ignored (RFC 9110: unknown form, several
 * ranges), `unsatisfiable` where nothing of it is in the object.
 */
export function parseRange(header: string | undefined, size: number): Range | 'unsatisfiable' | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (match === null || (match[1] === '' && match[2] === '')) return undefined;
  const first = match[1] === '' ? undefined : Number(match[1]);
  const last = match[2] === '' ? undefined : Number(match[2]);
  if (first === undefined) {
    if (last === 0 || size === 0) return 'unsatisfiable';
    return { from: Math.max(0, size - (last ?? 0)), to: size - 1 };
  }
  if (last !== undefined && last < first) return undefined;
  return first >= size ? 'unsatisfiable' : { from: first, to: Math.min(last ?? size - 1, size - 1) };
}
