/** What PHP's http_build_query takes. */
export type FormValue = string | number | { [key: string]: FormValue };

/** Encodes a payload as WordPress does: brackets for what is nested, `+` for a space. */
export function encodeForm(payload: { [key: string]: FormValue }): string {
  return Object.entries(payload)
    .flatMap(([key, value]) => pairs(encodeURIComponent(key), value))
    .join('&')
    .replaceAll('%20', '+');
}

function pairs(name: string, value: FormValue): string[] {
  if (typeof value !== 'object') return [`${name}=${encodeURIComponent(String(value))}`];
  return Object.entries(value).flatMap(([key, child]) => pairs(`${name}%5B${encodeURIComponent(key)}%5D`, child));
}
