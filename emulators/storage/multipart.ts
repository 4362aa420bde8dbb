import { invalid } from './errors.ts';

/** The two parts of a `multipart/related` upload. */
export interface MultipartUpload {
  /** The object resource, JSON. */
  resource: Buffer;
  /** `Content-Type` of the media part. */
  contentType: string | undefined;
  media: Buffer;
}

/**
 * Takes the body apart. Lines may end in LF alone (gcloud sends that); the last boundary need not end in a line break (the Node
 * client sends none). Throws 400 for anything else than two parts.
 */
export function splitMultipart(contentType: string | undefined, body: Buffer): MultipartUpload {
  const delimiter = `--${boundaryOf(contentType, body)}`;
  const start = body.indexOf(delimiter);
  const lineEnd = body[start + delimiter.length] === 10 ? '\n' : '\r\n';
  const first = readPart(body, start, { delimiter, lineEnd });
  const second = readPart(body, first.end + lineEnd.length, { delimiter, lineEnd });
  const rest = second.end + lineEnd.length + delimiter.length;
  if (body.toString('latin1', rest, rest + 2) !== '--')
    throw invalid('Malformed multipart body: it must have two parts.');
  return { resource: first.bytes, contentType: second.contentType, media: second.bytes };
}

/** It may be quoted; gcloud puts it in single quotes, which HTTP takes for a part of it, and leaves them out in the body. */
function boundaryOf(contentType: string | undefined, body: Buffer): string {
  const match = /^multipart\/related\s*;.*\bboundary=(?:"([^"]+)"|([^\s;]+))/i.exec(contentType ?? '');
  const boundary = match?.[1] ?? match?.[2];
  if (boundary === undefined) throw invalid('Bad content type: a multipart/related with a boundary is required.');
  return body.includes(`--${boundary}`) ? boundary : boundary.replace(/^'(.*)'$/, '$1');
}

/** The part whose delimiter is at `at`; `end` is where the line break before the next delimiter begins. */
function readPart(body: Buffer, at: number, { delimiter, lineEnd }: { delimiter: string; lineEnd: string }) {
  const headEnd = at < 0 ? -1 : body.indexOf(lineEnd + lineEnd, at + delimiter.length);
  const end = headEnd < 0 ? -1 : body.indexOf(lineEnd + delimiter, headEnd + lineEnd.length);
  if (end < 0) throw invalid('Malformed multipart body.');
  const head = body.toString('latin1', at + delimiter.length, headEnd);
  const contentType = /^content-type:\s*(.+?)\s*$/im.exec(head)?.[1];
  // an empty part: the blank line is also the line break before the delimiter
  return { contentType, bytes: body.subarray(Math.min(headEnd + 2 * lineEnd.length, end), end), end };
}
