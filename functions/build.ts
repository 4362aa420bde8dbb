import { createHash } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { COUNTRY_DATABASE, countryDatabaseInPackage } from '../shared/stores/countries.ts';
import { type BuiltFramework, buildFramework, FRAMEWORK, FRAMEWORK_PROGRAM } from './build-framework.ts';
import { buildPage } from './build-page.ts';
import { readMesh } from './mesh.ts';

const ROOT = new URL('../', import.meta.url);
const FOLDER = fileURLToPath(ROOT);

/** ES modules that esbuild made of CommonJS packages still ask for `require`. */
const BANNER = `import { createRequire as _createRequire } from 'node:module';
import { fileURLToPath as _fileURLToPath } from 'node:url';
const require = _createRequire(import.meta.url);
const __filename = _fileURLToPath(import.meta.url);
const __dirname = _fileURLToPath(new URL('.', import.meta.url));`;

/** The framework need not look for a package.json to learn that this is an ES module, for which it loads a package. */
const ENTRY = 'index.mjs';
/** Of each bundle, the folder of the package that its package.json names as the framework. */
const FRAMEWORK_FOLDER = 'framework';

/** What esbuild is told of every function. */
export const BUNDLE_OPTIONS = {
  absWorkingDir: fileURLToPath(ROOT),
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  splitting: true,
  outExtension: { '.js': '.mjs' },
  // what is written as ES modules loses what nobody uses: nine tenths of class-validator
  mainFields: ['module', 'main'],
  banner: { js: BANNER },
  tsconfig: fileURLToPath(new URL('tsconfig.json', ROOT)),
  logLevel: 'error',
} satisfies BuildOptions;

/**
 * An ES module that imports a built-in one has Node read each of its exports: of `http` one is WebSocket (since 22), for which a
 * whole client is loaded, as long as half of the framework.
 */
const HTTP_AS_IT_IS: Plugin = {
  name: 'http-as-it-is',
  setup({ onResolve, onLoad }) {
    const namespace = 'builtin';
    onResolve({ filter: /^(?:node:)?http$/ }, ({ kind }) =>
      kind === 'import-statement' ? { path: 'node:http', namespace } : undefined,
    );
    onLoad({ filter: /./, namespace }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule('${path}');`,
    }));
  },
};

/** What a bundle asks for the framework by; see its package.json. */
const FRAMEWORK_IMPORT = '#framework';
/** With this condition of Node a bundle takes the framework of its folder, where npm linked none. */
const UNINSTALLED = 'uninstalled';

/** What Node is to be told to start a bundle that was not installed, by its own framework. */
export function programOf(folder: string): string[] {
  return [`--conditions=${UNINSTALLED}`, join(folder, FRAMEWORK_FOLDER, FRAMEWORK_PROGRAM)];
}

const FRAMEWORK_AS_IMPORT: Plugin = {
  name: 'framework-as-import',
  setup: ({ onResolve }) =>
    onResolve({ filter: new RegExp(`^${FRAMEWORK}$`) }, () => ({ path: FRAMEWORK_IMPORT, external: true })),
};

/** What a bundle depends on beside what is bundled. */
const OTHER_INPUTS = [
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'functions/build.ts',
  'functions/build-framework.ts',
  'functions/build-on-demand.ts',
  'functions/build-page.ts',
  'functions/mesh.json',
];

/** What the bundles were made of, beside them: Terraform compares it with the sources before it uploads any. */
export const SOURCES = 'sources.json';

/**
 * Bundles every function of the mesh into `<out>/<name>/`: a folder that is whole, with the Functions Framework as a
 * package in it; an install has nothing to fetch. It is what Terraform uploads and what runs on a laptop.
 */
export async function buildFunctions(out: URL = new URL('dist/', ROOT)): Promise<void> {
  let framework: Promise<BuiltFramework> | undefined;
  const inputs = await Promise.all(
    readMesh().functions.map(async ({ name }) => {
      const stamp = new URL(`.inputs/${name}.json`, out);
      const last = await freshInputs(stamp);
      if (last !== undefined) return last;
      framework ??= buildFramework(ROOT, BUNDLE_OPTIONS);
      const inputs = await buildFunction(name, await framework, new URL(`${name}/`, out));
      await mkdir(new URL('.', stamp), { recursive: true });
      await writeFile(stamp, JSON.stringify(stampsOf(inputs)));
      return inputs;
    }),
  );
  await writeChanged(new URL(SOURCES, out), Buffer.from(JSON.stringify(await digestsOf(inputs.flat()), null, 2)));
}

/** The SHA-256 of each source. What lies in node_modules is named by package-lock.json, one of them. */
async function digestsOf(inputs: string[]): Promise<Record<string, string>> {
  // a folder stands there for the files that may come into it
  const isSource = (file: string) => /\.\w+$/.test(file) && !/^(?:\.\.|node_modules|dist)\//.test(file);
  const digests = [...new Set(inputs)]
    .filter(isSource)
    .sort()
    .map(async (file) => {
      const contents = await readFile(new URL(file, ROOT));
      return [file, createHash('sha256').update(contents).digest('hex')] as const;
    });
  return Object.fromEntries(await Promise.all(digests));
}

/** When each file was changed; null for one that is not there. */
function stampsOf(files: string[]): Record<string, number | null> {
  // not the promises' form: thousands of files are looked at whenever something starts
  const stamps = files.map((file) => {
    const mtimeMs = statSync(join(FOLDER, file), { throwIfNoEntry: false })?.mtimeMs ?? null;
    return [file, mtimeMs] as const;
  });
  return Object.fromEntries(stamps);
}

/** What a bundle was made of and consists of; undefined when any of it changed since. */
async function freshInputs(stamp: URL): Promise<string[] | undefined> {
  const text = await readFile(stamp, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const last: Record<string, number | null> = JSON.parse(text);
  const inputs = Object.keys(last);
  return isDeepStrictEqual(stampsOf(inputs), last) ? inputs : undefined;
}

/** Gives what the bundle was made of, and what it consists of. */
async function buildFunction(name: string, framework: BuiltFramework, out: URL): Promise<string[]> {
  const source = new URL(`functions/${name}/`, ROOT);
  const { metafile, outputFiles } = await build({
    ...BUNDLE_OPTIONS,
    entryPoints: [fileURLToPath(new URL('index.ts', source))],
    outdir: fileURLToPath(out),
    plugins: [HTTP_AS_IT_IS, FRAMEWORK_AS_IMPORT],
    metafile: true,
    write: false,
  });
  const files = new Map(outputFiles.map(({ path, contents }) => [relative(fileURLToPath(out), path), contents]));
  for (const [file, contents] of framework.files) files.set(`${FRAMEWORK_FOLDER}/${file}`, contents);
  const { manifest, lock } = packageOf(name, framework);
  files.set('package.json', asJson(manifest));
  files.set('package-lock.json', asJson(lock));
  if (Object.keys(metafile.inputs).includes('shared/stores/countries.ts')) {
    files.set(COUNTRY_DATABASE, await readFile(countryDatabaseInPackage()));
  }
  const others = [...OTHER_INPUTS, ...framework.inputs];
  const sql = new URL('sql/', source);
  if (existsSync(sql)) others.push(fileURLToPath(sql));
  for (const file of existsSync(sql) ? readdirSync(sql) : []) {
    files.set(`sql/${file}`, await readFile(new URL(file, sql)));
    others.push(fileURLToPath(new URL(file, sql)));
  }
  const page = new URL('page/', source);
  if (existsSync(page)) {
    const built = await buildPage(page, ROOT);
    for (const [file, contents] of built.files) files.set(`page/${file}`, contents);
    others.push(...built.inputs);
  }
  await writeBundle(out, files);
  const parts = [...files.keys()].map((file) => fileURLToPath(new URL(file, out)));
  return [...Object.keys(metafile.inputs), ...others, ...parts].map((file) =>
    relative(fileURLToPath(ROOT), resolve(fileURLToPath(ROOT), file)),
  );
}

/** A function may be starting from the folder: what did not change is not touched, and the entry comes after its parts. */
async function writeBundle(out: URL, files: Map<string, Uint8Array>): Promise<void> {
  const entryLast = [...files].sort(([one], [other]) => Number(one === ENTRY) - Number(other === ENTRY));
  for (const [name, contents] of entryLast) await writeChanged(new URL(name, out), contents);
  const present = (await readdir(out, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  for (const entry of present) {
    const file = join(entry.parentPath, entry.name);
    if (!files.has(relative(fileURLToPath(out), file))) await rm(file, { force: true });
  }
}

async function writeChanged(url: URL, contents: Uint8Array): Promise<void> {
  const file = fileURLToPath(url);
  const written = await readFile(file).catch(() => undefined);
  if (written && Buffer.compare(written, contents) === 0) return;
  await mkdir(dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}`;
  await writeFile(temporary, contents);
  await rename(temporary, file);
}

function asJson(value: unknown): Uint8Array {
  return Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
}

/** A package that depends on the framework in its own folder alone, and the lock by which npm links it there. */
function packageOf(name: string, framework: BuiltFramework): { manifest: object; lock: object } {
  const own = { name: `sitebeat-${name}`, dependencies: { [FRAMEWORK]: `file:${FRAMEWORK_FOLDER}` } };
  const inFolder = `./${FRAMEWORK_FOLDER}/${FRAMEWORK_PROGRAM}`;
  const imports = { [FRAMEWORK_IMPORT]: { [UNINSTALLED]: inFolder, default: FRAMEWORK } };
  const packages = {
    '': own,
    [FRAMEWORK_FOLDER]: framework.manifest,
    [`node_modules/${FRAMEWORK}`]: { resolved: FRAMEWORK_FOLDER, link: true },
  };
  return {
    manifest: { ...own, private: true, type: 'module', main: ENTRY, imports },
    lock: { name: own.name, lockfileVersion: 3, requires: true, packages },
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await buildFunctions();
