import { invalid } from './errors.ts';

/** The two parts of a `multipart/related` upload. */
export interface MultipartUpload {
  /** The object resource, JSON. */
  resource: Buffer;
  /** `Content-Type` of the media part. */
  contentType: string | undefined;
  media: Buffer;
}

const BLANK_LINE = Buffer.from('\r\n\r\n');

/**
 * Takes the body apart. The last boundary need not end in a line break (the Node client sends none); the boundary may be
 * quoted. Throws 400 for anything else than two parts.
 */
export function splitMultipart(contentType: string | undefined, body: Buffer): MultipartUpload {
  const match = /^multipart\/related\s*;.*\bboundary=(?:"([^"]+)"|([^\s;]+))/i.exec(contentType ?? '');
  const boundary = match?.[1] ?? match?.[2];
  if (boundary === undefined) throw invalid('Bad content type: a multipart/related with a boundary is required.');
  const first = readPart(body, body.indexOf(`--${boundary}`), `--${boundary}`);
  const second = readPart(body, first.end + 2, `--${boundary}`);
  if (body.toString('latin1', second.end + 2 + boundary.length + 2, second.end + 2 + boundary.length + 4) !== '--') {
    throw invalid('Malformed multipart body: it must have two parts.');
  }
  return { resource: first.bytes, contentType: second.contentType, media: second.bytes };
}

/** The part whose boundary is at `at`; `end` is where the line break before the next boundary begins. */
function readPart(body: Buffer, at: number, boundary: string) {
  const headEnd = at < 0 ? -1 : body.indexOf(BLANK_LINE, at + boundary.length);
  const end = headEnd < 0 ? -1 : body.indexOf(`\r\n${boundary}`, headEnd + 2);
  if (end < 0) throw invalid('Malformed multipart body.');
  const head = body.toString('latin1', at + boundary.length, headEnd);
  const contentType = /^content-type:\s*(.+?)\s*$/im.exec(head)?.[1];
  // an empty part: the blank line is also the line break before the boundary
  return { contentType, bytes: body.subarray(Math.min(headEnd + 4, end), end), end };
}
