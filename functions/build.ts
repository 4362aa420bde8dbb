import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { COUNTRY_DATABASE, countryDatabaseInPackage } from '../shared/stores/countries.ts';
import { readMesh } from './mesh.ts';

const ROOT = new URL('../', import.meta.url);

/** ES modules that esbuild made of CommonJS packages still ask for `require`. */
const BANNER = `import { createRequire as _createRequire } from 'node:module';
import { fileURLToPath as _fileURLToPath } from 'node:url';
const require = _createRequire(import.meta.url);
const __filename = _fileURLToPath(import.meta.url);
const __dirname = _fileURLToPath(new URL('.', import.meta.url));`;

/**
 * Bundles every function of the mesh into `<out>/<name>/`: a folder that runs under the Functions Framework with nothing
 * but its own package.json installed. It is what Terraform uploads and what runs on a laptop.
 */
export async function buildFunctions(out: URL = new URL('dist/', ROOT)): Promise<void> {
  await Promise.all(readMesh().functions.map(({ name }) => buildFunction(name, new URL(`${name}/`, out))));
}

async function buildFunction(name: string, out: URL): Promise<void> {
  const source = new URL(`functions/${name}/`, ROOT);
  const { metafile, outputFiles } = await build({
    absWorkingDir: fileURLToPath(ROOT),
    entryPoints: [fileURLToPath(new URL('index.ts', source))],
    outdir: fileURLToPath(out),
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    splitting: true,
    external: ['@google-cloud/functions-framework'],
    banner: { js: BANNER },
    tsconfig: fileURLToPath(new URL('tsconfig.json', ROOT)),
    logLevel: 'error',
    metafile: true,
    write: false,
  });
  const files = new Map(outputFiles.map(({ path, contents }) => [relative(fileURLToPath(out), path), contents]));
  files.set('package.json', Buffer.from(`${JSON.stringify(packageJson(name), null, 2)}\n`));
  if (Object.keys(metafile.inputs).includes('shared/stores/countries.ts')) {
    files.set(COUNTRY_DATABASE, await readFile(countryDatabaseInPackage()));
  }
  const sql = new URL('sql/', source);
  for (const file of existsSync(sql) ? readdirSync(sql) : []) {
    files.set(`sql/${file}`, await readFile(new URL(file, sql)));
  }
  await writeChanged(out, files);
}

/** A function may be starting from the folder: what did not change is not touched, and `index.js` comes after its parts. */
async function writeChanged(out: URL, files: Map<string, Uint8Array>): Promise<void> {
  const entryLast = [...files].sort(([one], [other]) => Number(one === 'index.js') - Number(other === 'index.js'));
  for (const [name, contents] of entryLast) {
    const file = fileURLToPath(new URL(name, out));
    const written = await readFile(file).catch(() => undefined);
    if (written && Buffer.compare(written, contents) === 0) continue;
    await mkdir(dirname(file), { recursive: true });
    const temporary = `${file}.${process.pid}`;
    await writeFile(temporary, contents);
    await rename(temporary, file);
  }
  const present = (await readdir(out, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  for (const entry of present) {
    const file = join(entry.parentPath, entry.name);
    if (!files.has(relative(fileURLToPath(out), file))) await rm(file, { force: true });
  }
}

function packageJson(name: string) {
  const { dependencies } = JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8'));
  const framework = '@google-cloud/functions-framework';
  return {
    name: `sitebeat-${name}`,
    private: true,
    type: 'module',
    main: 'index.js',
    dependencies: { [framework]: dependencies[framework] },
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await buildFunctions();
