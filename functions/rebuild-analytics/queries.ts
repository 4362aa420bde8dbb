import { readFileSync } from 'node:fs';
import { AGE_BANDS } from '../../shared/figures/definitions.ts';

/** What the SQL of sql/ is made of, beside its parts. */
export interface QueryOptions {
  /** Of every project, each quotable: see CUSTOM_FIELD_KEY. */
  customFieldKeys?: readonly string[];
  /** With what runs beside: plugins, custom fields, unknown fields. */
  details?: boolean;
}

/** The SQL in sql/<name>.sql, each `${part}` in it replaced by the SQL of that name; `${dataset}` stays. */
export function readQuery(name: string, options: QueryOptions = {}): string {
  return readFileSync(new URL(`./sql/${name}.sql`, import.meta.url), 'utf8')
    .trimEnd()
    .replace(/\$\{(?!dataset\})(\w+)\}/g, (_, part: string) => partOf(part, options));
}

function partOf(part: string, options: QueryOptions): string {
  const { customFieldKeys: keys = [], details = false } = options;
  if (part.startsWith('detail_') && !details) return '';
  switch (part) {
    case 'age_band':
      return ageBand();
    case 'detail_dimensions':
      return keys
        .map((key) => `,\n        STRUCT(${quoted(`field:${key}`)} AS dimension, ${customField(key)} AS stated)`)
        .join('');
    case 'custom_field_structs':
      return keys.map((key) => `STRUCT(${quoted(key)} AS key, ${customField(key)} AS value)`).join(', ');
    case 'detail_field_neighbours':
      if (keys.length === 0) return '';
  }
  return readQuery(part.replaceAll('_', '-'), options);
}

function ageBand(): string {
  const bands = AGE_BANDS.map(({ name, toDay }) =>
    toDay === null ? `ELSE '${name}'` : `WHEN age <= ${toDay} THEN '${name}'`,
  );
  return `CASE ${bands.join(' ')} END`;
}

/** BigQuery takes no JSON path from a column: each key is a constant of the query. */
function customField(key: string): string {
  return `JSON_VALUE(custom_fields, ${quoted(`$.${quoted(key)}`)})`;
}

/** A text as SQL and JSON paths both quote it. */
function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
