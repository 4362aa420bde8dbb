import { readFileSync } from 'node:fs';

/** The SQL of a chart, with the parts that several share. */
export function readQuery(name: string, customFieldKeys: readonly string[] = []): string {
  return readSql(name)
    .replace(/\$\{active_sites\}/g, () => readSql('active-sites'))
    .replace(/\$\{custom_fields\}/g, () => customFieldKeys.map(customFieldStruct).join(',\n  '));
}

function readSql(name: string): string {
  return readFileSync(new URL(`./sql/${name}.sql`, import.meta.url), 'utf8');
}

function customFieldStruct(key: string): string {
  const path = `$.${quoted(key)}`;
  return `STRUCT(${quoted(key)} AS dimension, JSON_VALUE(custom_fields, ${quoted(path)}) AS value)`;
}

/** A text as SQL and JSON paths both quote it. */
function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
