import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Resource } from '../../../functions/testing/terraform-plan.ts';

const ROOT = new URL('../../../', import.meta.url);

/** What each log-based metric asks of a line, and which number of it it keeps. */
export function countedLines(resources: Resource[]) {
  return resources
    .filter(({ type, values }) => type === 'google_logging_metric' && values.filter.includes('jsonPayload.message'))
    .map(({ index, values: { filter, value_extractor: extractor } }) => ({
      metric: String(index),
      number: (extractor ?? '').match(/^EXTRACT\(jsonPayload\.(\w+)\)$/)?.[1] as string | undefined,
      function: filter.match(/jsonPayload\.function="([^"]+)"/)?.[1] as string | undefined,
      message: filter.match(/jsonPayload\.message="([^"]+)"/)[1] as string,
      fields: [...filter.matchAll(/jsonPayload\.(\w+)>/g)].map(([, field]) => field as string),
    }));
}

/** A call that logs `message` at a level that is written by default, with `fields`. */
export function logCall(message: string, fields: string[]): RegExp {
  const rest = fields.map((field) => `(?=[^)]*\\b${field}\\b)`).join('');
  return new RegExp(`(?:\\blog\\(\\s*'(?:INFO|WARNING|ERROR)',|\\b(?:done|failed):)\\s*'${message}'${rest}`);
}

/** The product code of a function and of shared/; without a name of every function. */
export function sourcesOf(name = ''): string[] {
  return [`functions/${name}`, 'shared'].flatMap((folder) =>
    readdirSync(fileURLToPath(new URL(`${folder}/`, ROOT)), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
      .map((file) => readFileSync(new URL(`${folder}/${file}`, ROOT), 'utf8')),
  );
}

/** The metrics that count one of these lines. */
export function metricsOf(resources: Resource[], lines: Record<string, unknown>[]): string[] {
  return countedLines(resources)
    .filter((counted) => matching(counted, lines).length > 0)
    .map(({ metric }) => metric);
}

/** The lines that a metric asks for. */
export function matching(
  { message, function: name, fields }: ReturnType<typeof countedLines>[number],
  lines: Record<string, unknown>[],
): Record<string, unknown>[] {
  return lines.filter(
    (line) =>
      line.message === message &&
      [undefined, line.function].includes(name) &&
      fields.every((field) => Number(line[field]) > 0),
  );
}

/** What `work` writes to standard error, line by line. */
export async function logged(work: () => Promise<unknown>): Promise<Record<string, unknown>[]> {
  const { write } = process.stderr;
  const chunks: string[] = [];
  process.stderr.write = (chunk: string | Uint8Array) => chunks.push(String(chunk)) > 0;
  try {
    await work();
  } finally {
    process.stderr.write = write;
  }
  return chunks.map((chunk) => JSON.parse(chunk));
}
