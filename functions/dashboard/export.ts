import { addressDigest } from '../../shared/event/subscriber.ts';
import type { Answer, ProjectCall } from './call.ts';
import { csvLine } from './csv.ts';

export const EXPORT_FORMATS = ['csv', 'ndjson'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** null: not known. */
export type Cell = string | number | boolean | Date | null;

export interface Column<Row> {
  name: string;
  value(row: Row): Cell;
}

export interface Export<Row> {
  /** Part of the file's name. */
  resource: string;
  format: ExportFormat;
  columns: readonly Column<Row>[];
  pages: AsyncIterable<readonly Row[]> | Iterable<readonly Row[]>;
}

const TYPES = { csv: 'text/csv; charset=utf-8', ndjson: 'application/x-ndjson' };
const BYTE_ORDER_MARK = '\ufeff';

/** A file of all rows. The audit has it before there is one: no row there, no file. */
export async function exportFile<Row>(call: ProjectCall, asked: Export<Row>): Promise<Answer> {
  const { project, requestId, now, stores } = call;
  const filters = filtersOf(call);
  const audit = {
    ...{ requestId, projectHash: project.hash, action: 'export' as const, resource: asked.resource },
    actor: call.identity.email,
    role: call.isOperator ? 'operator' : call.role,
    filters: filters.size === 0 ? null : filters.toString(),
  };
  await stores.audits.append(audit, 'begun', now);
  const end = (outcome: 'done' | 'failed', rows: number) => stores.audits.append(audit, outcome, new Date(), rows);
  return {
    kind: 'file',
    name: `${project.slug}-${asked.resource.replace(/[^\w-]+/g, '-')}-${now.toISOString().slice(0, 10)}.${asked.format}`,
    type: TYPES[asked.format],
    chunks: chunksOf(asked, end),
  };
}

/** Rows of the audit outlive an erasure: of an address they have the digest, by which one who has it can ask for them. */
function filtersOf({ query, project }: ProjectCall): URLSearchParams {
  const filters = new URLSearchParams(query);
  filters.delete('format');
  const email = filters.get('email');
  if (email !== null) filters.set('email', addressDigest(project.hash, email));
  return filters;
}

/** A page a chunk, so that no more is held than one. The last words come after the audit's. */
async function* chunksOf<Row>(
  { format, columns, pages }: Export<Row>,
  end: (outcome: 'done' | 'failed', rows: number) => Promise<void>,
): AsyncGenerator<string> {
  let rows = 0;
  let isWhole = false;
  try {
    if (format === 'csv') yield `${BYTE_ORDER_MARK}${csvLine(columns.map(({ name }) => name))}`;
    for await (const page of pages) {
      rows += page.length;
      yield page.map((row) => lineOf(format, columns, row)).join('');
    }
    isWhole = true;
  } finally {
    await end(isWhole ? 'done' : 'failed', rows);
  }
  if (format === 'ndjson') yield `${JSON.stringify({ end: true, rows })}\n`;
}

function lineOf<Row>(format: ExportFormat, columns: readonly Column<Row>[], row: Row): string {
  if (format === 'csv') return csvLine(columns.map(({ value }) => value(row)));
  return `${JSON.stringify(Object.fromEntries(columns.map(({ name, value }) => [name, value(row)])))}\n`;
}
