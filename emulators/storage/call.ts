import type { IncomingMessage } from 'node:http';
import { notImplemented, required, StorageError } from './errors.ts';
import type { Links } from './resource.ts';
import type { Store } from './store.ts';

/** A JSON body beyond this is refused; the service's own limit is lower for every resource. */
const MAX_JSON_BYTES = 1024 * 1024;

/** A request, its path taken apart. */
export interface Call {
  store: Store;
  request: IncomingMessage;
  /**
   * `fields`, `projection`, `prettyPrint`, `userProject` and `predefinedAcl` have no effect: resources come whole, and there is
   * no access control.
   */
  query: URLSearchParams;
  /** The path's variable segments, decoded, in their order. */
  names: string[];
  links: Links;
}

/** An answer: JSON, or bytes, or none. */
export interface Reply {
  status: number;
  headers?: Record<string, string>;
  json?: unknown;
  bytes?: Buffer;
}

export type Handler = (call: Call) => Reply | Promise<Reply>;

/** The `index`th variable segment of the path. */
export function nameAt(call: Call, index: number): string {
  const name = call.names[index];
  if (!name) throw required('Required');
  return name;
}

/** The whole body, in memory; more than `maxBytes` is 413, and the rest of it is read and dropped. */
export function readBody(request: IncomingMessage, maxBytes = MAX_JSON_BYTES): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxBytes) chunks.push(chunk);
      else reject(new StorageError(413, 'uploadTooLarge', `The body is larger than ${maxBytes} bytes.`));
    });
    request.once('end', () =>
      resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)),
    );
    request.once('error', reject);
  });
}

/** A JSON object; no body stands for an empty one. */
export function parseJson(bytes: Buffer): Record<string, unknown> {
  if (bytes.length === 0) return {};
  try {
    const json: unknown = JSON.parse(bytes.toString('utf8'));
    if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as Record<string, unknown>;
  } catch {}
  throw new StorageError(400, 'parseError', 'Parse Error');
}

export async function readJson(request: IncomingMessage): Promise<Record<string, unknown>> {
  return parseJson(await readBody(request));
}

/** Requests whose meaning would change with these are refused rather than answered as if they were not there. */
export function refuse({ query, request }: Call, parameters: readonly string[], headers: readonly string[] = []): void {
  for (const name of parameters) if (query.get(name)) throw notImplemented(`the parameter ${name}`);
  for (const name of headers) if (request.headers[name] !== undefined) throw notImplemented(`the header ${name}`);
}
