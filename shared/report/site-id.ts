import { createHash } from 'node:crypto';
import { decode } from 'html-entities';

/** Of a url, and of a canonical site, in characters. */
const MAX_URL_LENGTH = 2048;
/** Before its entities are decoded. */
const MAX_ESCAPED_LENGTH = 8192;
/** What a person or a plugin writes settles in two readings; what does not settle at all is no url. */
const MAX_READINGS = 32;

/**
 * The site's identity among all spellings of its url: host lower-cased and IDNA-normalised, without scheme, credentials,
 * `www.`, default port, query, fragment, front file and session; another port and the path stay
 * (`shop.example.org:8080/blog`), the path as canonicalPath writes it. Of two addresses in one field it is the first: the
 * report is of one site, and refusing it would lose that site. undefined for what is no http url. Idempotent.
 */
export function canonicalSite(url: string): string | undefined {
  return readUrl(url)?.site;
}

/** A url without what lets in or tells who reads: `https://ed:pw@www.a.example:8080/wp/?token=1#top` is `https://www.a.example:8080/wp`. */
export function cleanUrl(url: string): string | undefined {
  const read = readUrl(url);
  return read && `${read.scheme}://${read.www}${read.site}`;
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

/** The key that a client derives of its own url for the User-Agent: of the url exactly as sent. Source: `Client::send_request`. */
export function urlMd5(url: string): string {
  return createHash('md5').update(url, 'utf8').digest('hex');
}

interface SiteUrl {
  scheme: 'http' | 'https';
  www: '' | 'www.';
  site: string;
}

/**
 * Reads until another reading changes nothing, for what one uncovers can be a spelling in its turn (`&amp;` behind `%26`). The
 * last reading also holds the site to a url's bound.
 */
function readUrl(url: string): SiteUrl | undefined {
  const first = readOnce(url);
  let site = first?.site;
  for (let readings = 1; first !== undefined && site !== undefined && readings < MAX_READINGS; readings++) {
    const again: string | undefined = readOnce(site)?.site;
    if (again === site) return { ...first, site };
    site = again;
  }
  return undefined;
}

function readOnce(url: string): SiteUrl | undefined {
  if (url.length > MAX_ESCAPED_LENGTH) return undefined;
  const text = decodeEntities(url).trim();
  if (text.length > MAX_URL_LENGTH) return undefined;
  const { scheme, rest } = withoutScheme(firstAddress(text));
  const absolute = `${scheme ?? 'http'}://${rest}`;
  const isAddress = scheme === undefined ? isBareAddress(rest) : !/^[a-z][a-z0-9+.-]*:\/\//i.test(rest);
  if (!isAddress || !URL.canParse(absolute)) return undefined;
  const { hostname, port, pathname } = new URL(absolute);
  const ownHost = hostname.replace(/\.{2,}/g, '.').replace(/^\.|\.$/g, '');
  const host = withoutWww(ownHost);
  if (host === '' || /[^a-z0-9.:_[\]-]/.test(host)) return undefined;
  const ownPort = port === '' || port === '80' || port === '443' ? '' : `:${port}`;
  const site = `${host}${ownPort}${canonicalPath(pathname)}`;
  return { scheme: scheme ?? 'http', www: host === ownHost ? '' : 'www.', site };
}

/** WordPress escapes urls for HTML, some plugins twice; `&#038;` read as it stands would begin a fragment. */
function decodeEntities(text: string): string {
  for (let encoded = text; ; ) {
    const decoded = decode(encoded, { scope: 'strict' });
    if (decoded === encoded) return decoded;
    encoded = decoded;
  }
}

/** The first of the addresses that a person typed into one field, without the punctuation around it. */
function firstAddress(text: string): string {
  return text
    .replace(/\s/g, ' ')
    .replaceAll('\\', '/')
    .replace(/^["'< ,;|]+/, '')
    .replace(/(?:[ ,;|]https?:\/|[,;|] ).*$/i, '')
    .replace(/^((?:https?:\/*)*[^/?# ,;|]+\.[^/?# ,;|]+)[,;|].*$/i, '$1')
    .replace(/^((?:https?:\/*)*[^/?#]*\.[^/?#]+?)https?:\/\/.*$/i, '$1')
    .replace(/["'> ,;|]["'> ,;|.]*$/, '');
}

/** Takes schemes off as often as they were typed, whole or broken: `http://https://`, `http:/`, `https//`, `//`. The last one counts. */
function withoutScheme(text: string): { scheme?: 'http' | 'https'; rest: string } {
  const typed = /^(?:https?(?::(?!\d)|(?=\/\/))[ /]*)+/i.exec(text)?.[0];
  if (typed === undefined) return { rest: text.replace(/^\/{2,}/, '') };
  return { scheme: /https[:/ ]*$/i.test(typed) ? 'https' : 'http', rest: text.slice(typed.length) };
}

/** What has another scheme, or is a path, an e-mail address or a sentence, is no url. */
function isBareAddress(text: string): boolean {
  const authority = text.split(/[/?#]/, 1)[0] as string;
  const isOtherScheme = /^[a-z][a-z0-9+.-]*:(?!\d+$)/i.test(authority);
  return authority !== '' && !isOtherScheme && !/[ @]/.test(authority);
}

function withoutWww(host: string): string {
  return /^www\.[^.]+\../.test(host) ? withoutWww(host.slice(4)) : host;
}

/**
 * The one spelling of a path: characters beyond ASCII and unreserved ones as they are (NFC), everything else that is escaped
 * in upper case (RFC 3986 6.2.2), single slashes, without `index.php`, session and what ends a sentence. Characters and not
 * escapes, for a path of 1,900 letters would be three to nine times as long.
 */
function canonicalPath(path: string): string {
  return path
    .replace(/%(?![\da-f]{2})/gi, '%25')
    .replace(UTF8_ESCAPES, unescapeCharacter)
    .normalize('NFC')
    .replace(/["<>^`{|}\\]|[\p{Cc}\p{Cf}\p{Z}]/gu, (character) => encodeURIComponent(character))
    .replace(/;(?:jsessionid|phpsessid)=[^/]*/gi, '')
    .replace(/\/{2,}/g, '/')
    .replace(/(?:\/(?:index\.php)?|[.,;]|%20)+$/i, '');
}

/** Every sequence of escapes that may be one character of UTF-8. */
const UTF8_ESCAPES =
  /%[0-7][\da-f]|%[cd][\da-f]%[89ab][\da-f]|%e[\da-f](?:%[89ab][\da-f]){2}|%f[0-7](?:%[89ab][\da-f]){3}|%[89a-f][\da-f]/gi;

function unescapeCharacter(escapes: string): string {
  try {
    const character = decodeURIComponent(escapes);
    if (/^(?:[\w.~-]|[^\0-\x7f])$/u.test(character)) return character;
  } catch {
    // bytes of another encoding than UTF-8 stay escaped
  }
  return escapes.toUpperCase();
}
