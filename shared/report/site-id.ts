import { createHash } from 'node:crypto';
import { decode } from 'html-entities';

const MAX_URL_LENGTH = 2048;
/** Before its entities are decoded. */
const MAX_ESCAPED_LENGTH = 8192;

/**
 * The site's identity among all spellings of its url: host lower-cased and IDNA-normalised, without scheme,
 * credentials, `www.`, default port, query, fragment and trailing slash; another port and the path stay
 * (`shop.example.org:8080/blog`). undefined for what is no http url. Idempotent.
 */
export function canonicalSite(url: string): string | undefined {
  if (url.length > MAX_ESCAPED_LENGTH) return undefined;
  const decoded = decodeFully(url).trim();
  if (decoded.length === 0 || decoded.length > MAX_URL_LENGTH) return undefined;
  const absolute = absoluteUrl(decoded);
  if (absolute === undefined || !URL.canParse(absolute)) return undefined;
  const { hostname, port, pathname } = new URL(absolute);
  const host = withoutWww(hostname.replace(/\.+$/, ''));
  if (host === '' || /[^a-z0-9.:_[\]-]/.test(host)) return undefined;
  const ownPort = port === '' || port === '80' || port === '443' ? '' : `:${port}`;
  return `${host}${ownPort}${decodeFully(pathname).replace(/\/+$/, '')}`;
}

/** A url with its scheme; what has another scheme, or is an address or a sentence, is none. */
function absoluteUrl(text: string): string | undefined {
  if (/^https?:\/\//i.test(text)) return text;
  const rest = text.replace(/^\/\//, '');
  const authority = rest.split(/[/?#]/, 1)[0] as string;
  const isOtherScheme = /^[a-z][a-z0-9+.-]*:(?!\d+$)/i.test(authority);
  return isOtherScheme || /[\s@]/.test(authority) ? undefined : `http://${rest}`;
}

/** WordPress escapes urls for HTML, some plugins twice; `&#038;` read as it stands would begin a fragment. */
function decodeFully(text: string): string {
  for (let encoded = text; ; ) {
    const decoded = decode(encoded, { scope: 'strict' });
    if (decoded === encoded) return decoded;
    encoded = decoded;
  }
}

function withoutWww(host: string): string {
  return /^www\.[^.]+\../.test(host) ? withoutWww(host.slice(4)) : host;
}

/** The key that a client derives of its own url for the User-Agent: of the url exactly as sent. Source: `Client::send_request`. */
export function urlMd5(url: string): string {
  return createHash('md5').update(url, 'utf8').digest('hex');
}

/**
 * The urls by which a client of a canonical site may know itself from one moment to the next: with http and https, with and
 * without `www.`, with and without a slash at the end.
 */
export function siteSpellings(site: string): string[] {
  return ['https://', 'http://', 'https://www.', 'http://www.'].flatMap((start) => [
    `${start}${site}`,
    `${start}${site}/`,
  ]);
}
