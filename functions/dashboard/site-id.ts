/** How a site is called in paths: its name has slashes. */
export function siteId(site: string): string {
  return Buffer.from(site).toString('base64url');
}

export function siteOfId(id: string): string {
  return Buffer.from(id, 'base64url').toString();
}
