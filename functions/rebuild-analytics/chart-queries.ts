import { readFileSync } from 'node:fs';

/** The SQL of a chart, with the parts that several share in their places: `${part}`, `${part since @parameter}`. */
export function readQuery(name: string, customFieldKeys: readonly string[] = []): string {
  return withParts(readSql(name))
    .replace(/\$\{custom_field_keys\}/g, () => customFieldKeys.map(quoted).join(', '))
    .replace(/\$\{custom_field_cases\}/g, () => customFieldKeys.map(customFieldCase).join('\n        '));
}

const PARTS = ['active_sites', 'departures', 'most_frequent', 'reports', 'chart_site_days'];

function withParts(sql: string): string {
  return sql.replace(/\$\{(\w+)(?: since (@\w+))?\}/g, (place, part: string, since: string | undefined) => {
    if (!PARTS.includes(part)) return place;
    return withParts(readSql(part.replaceAll('_', '-')).replace(/\$\{since\}/g, since ?? ''));
  });
}

function readSql(name: string): string {
  return readFileSync(new URL(`./sql/${name}.sql`, import.meta.url), 'utf8');
}

function customFieldCase(key: string): string {
  return `WHEN ${quoted(key)} THEN JSON_VALUE(custom_fields, ${quoted(`$.${quoted(key)}`)})`;
}

/** A text as SQL and JSON paths both quote it. */
function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
