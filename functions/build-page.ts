import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/** What a page may weigh, gzipped, script and style together: beyond it, the build fails. */
const MAX_PAGE_BYTES = 100_000;

/** A page's files by name, and what they were made of. */
export interface BuiltPage {
  files: Map<string, Uint8Array>;
  inputs: string[];
}

/**
 * Bundles `main.tsx` of a page's folder with its styles. Names carry a digest of what is in the files, so that browsers keep
 * them for ever; `index.html` names them in the places of `%SCRIPT%`, `%STYLE%` and `%ICON%`.
 */
export async function buildPage(folder: URL, root: URL): Promise<BuiltPage> {
  const { metafile, outputFiles } = await build({
    absWorkingDir: fileURLToPath(root),
    entryPoints: [fileURLToPath(new URL('main.tsx', folder))],
    outdir: fileURLToPath(new URL('dist/', folder)),
    entryNames: 'app-[hash]',
    bundle: true,
    minify: true,
    platform: 'browser',
    target: 'es2022',
    format: 'esm',
    tsconfig: fileURLToPath(new URL('tsconfig.json', folder)),
    logLevel: 'error',
    metafile: true,
    write: false,
  });
  const files = new Map(outputFiles.map(({ path, contents }) => [path.split('/').at(-1) as string, contents]));
  const named = (ending: string) => [...files.keys()].find((name) => name.endsWith(ending)) ?? '';
  const icon = await readFile(new URL('icon.svg', folder));
  files.set(`icon-${createHash('sha256').update(icon).digest('hex').slice(0, 8)}.svg`, icon);
  const html = new URL('index.html', folder);
  const page = (await readFile(html, 'utf8'))
    .replace('%SCRIPT%', named('.js'))
    .replace('%STYLE%', named('.css'))
    .replace('%ICON%', named('.svg'));
  const bytes = [...files.values()].reduce((sum, contents) => sum + gzipSync(contents).length, 0);
  if (bytes > MAX_PAGE_BYTES) throw new Error(`the page weighs ${bytes} bytes gzipped, more than ${MAX_PAGE_BYTES}`);
  files.set('index.html', Buffer.from(page));
  return { files, inputs: [...Object.keys(metafile.inputs), fileURLToPath(html), fileURLToPath(folder)] };
}
