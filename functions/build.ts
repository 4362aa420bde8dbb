import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cp, mkdir, rm } from 'node:fs/promises';
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
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  const { metafile } = await build({
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
  });
  if (Object.keys(metafile.inputs).includes('shared/stores/countries.ts')) {
    await cp(countryDatabaseInPackage(), new URL(COUNTRY_DATABASE, out));
  }
  const sql = new URL('sql/', source);
  if (existsSync(sql)) await cp(sql, new URL('sql/', out), { recursive: true });
  writeFileSync(new URL('package.json', out), `${JSON.stringify(packageJson(name), null, 2)}\n`);
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
