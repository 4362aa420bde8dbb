/**
 * Whether the path of a request's url can be decoded. The Functions Framework (5.0.5) answers one that cannot itself, with a stack
 * and the names of its files.
 */
export function isDecodablePath(url = '/'): boolean {
  try {
    decodeURIComponent(url.split('?', 1)[0] as string);
    return true;
  } catch {
    return false;
  }
}
