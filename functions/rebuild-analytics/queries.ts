import { readFileSync } from 'node:fs';

/** The SQL of a chart, with the parts that several share. */
export function readQuery(name: string, customFieldKeys: readonly string[] = []): string {
  return readSql(name)
    .replace(/\$\{active_sites\}/g, () => readSql('active-sites'))
    .replace(/\$\{reports since (@\w+)\}/g, (_, since: string) => readSql('reports').replace(/\$\{since\}/g, since))
    .replace(/\$\{custom_field_keys\}/g, () => customFieldKeys.map(quoted).join(', '))
    .replace(/\$\{custom_field_cases\}/g, () => customFieldKeys.map(customFieldCase).join('\n        '));
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
