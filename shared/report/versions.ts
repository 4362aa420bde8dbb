/** At most three numbers of at most five digits; what else a text says behind them is the distribution's. */
const VERSION = /^v?(0|[1-9]\d{0,4})(?:\.(0|[1-9]\d{0,4}))?(?:\.(0|[1-9]\d{0,4}))?(?!\.?\d)/i;

/** `8.2.36-1+deb` -> `8.2`; null for what does not begin with a version. */
export function minorVersion(version: string | null | undefined): string | null {
  const parts = VERSION.exec(version ?? '');
  if (parts === null) return null;
  return parts[2] === undefined ? (parts[1] as string) : `${parts[1]}.${parts[2]}`;
}

/**
 * The database product and its minor version, `MariaDB 10.11` or `MySQL 8.0`. The client sends digits and dots only: MariaDB
 * is seen by a number of 10 or more, and as 5.5.5 under PHP before 8.0.16, whose driver hides it (then null: unknown).
 */
export function databaseVersion(
  version: string | null | undefined,
  phpVersion: string | null | undefined,
): string | null {
  const minor = minorVersion(version);
  if (minor === null) return null;
  if (/^5\.5\.5\b/.test(version ?? '') && !isAtLeast(phpVersion, [8, 0, 16])) return null;
  return `${Number.parseInt(minor, 10) >= 10 ? 'MariaDB' : 'MySQL'} ${minor}`;
}

function isAtLeast(version: string | null | undefined, least: number[]): boolean {
  const parts = VERSION.exec(version ?? '');
  if (parts === null) return false;
  for (const [index, wanted] of least.entries()) {
    const part = Number(parts[index + 1] ?? 0);
    if (part !== wanted) return part > wanted;
  }
  return true;
}

const WEB_SERVERS: Record<string, string> = {
  apache: 'Apache',
  nginx: 'nginx',
  litespeed: 'LiteSpeed',
  openlitespeed: 'LiteSpeed',
  'microsoft-iis': 'IIS',
  openresty: 'OpenResty',
  caddy: 'Caddy',
};

/** `nginx/1.24.0` -> `nginx`, `Apache/2.4.57 (Debian)` -> `Apache`; a product it does not know keeps its own name. */
export function webServer(software: string | null | undefined): string | null {
  const product = /^[^/\s(]+/.exec(software ?? '')?.[0];
  return product === undefined ? null : (WEB_SERVERS[product.toLowerCase()] ?? product);
}
