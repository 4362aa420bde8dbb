import { readFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { onDemand } from './build-on-demand.ts';

/** The package that every function registers itself with, and whose program the cloud starts. */
export const FRAMEWORK = '@google-cloud/functions-framework';

const SOURCE = 'build/src/main.js';
/** Its program's file in the bundle. */
export const FRAMEWORK_PROGRAM = 'main.mjs';
/** Its parts that no function uses until it listens, and most never. A table of file types is among them, and one of encodings. */
const UNUSED_AT_FIRST = [
  'content-disposition',
  'crypto',
  'http-errors',
  'iconv-lite',
  'mime-types',
  'negotiator',
  'qs',
  'send',
  'serve-static',
];
const ON_DEMAND_FILE = 'on-demand.cjs';
/** What packages keep as JSON stays that: tables of rare encodings are most of it, and quicker to parse than as code. */
const IN_ONE_FILE = { splitting: false, loader: { '.json': 'copy' }, assetNames: 'data/[name]' } satisfies BuildOptions;

/** The framework as one file, with its data beside it, of a package of its own, and what it was made of. */
export interface BuiltFramework {
  /** The package's files by name. */
  files: Map<string, Uint8Array>;
  /** What npm's lock says of it. */
  manifest: { name: string; version: string; license: string; bin: Record<string, string> };
  inputs: string[];
}

/**
 * Bundles the Functions Framework as npm installed it here. Of all that a function loads until it listens its hundred files are
 * the most, and Google's build starts `node_modules/.bin/functions-framework` of whatever package a function names so: neither
 * `GOOGLE_ENTRYPOINT` nor a Procfile counts there (GoogleCloudPlatform/buildpacks, cmd/config/entrypoint).
 */
export async function buildFramework(root: URL, options: BuildOptions): Promise<BuiltFramework> {
  const folder = fileURLToPath(root);
  const source = new URL(`node_modules/${FRAMEWORK}/`, root);
  const { version, license } = JSON.parse(await readFile(new URL('package.json', source), 'utf8'));
  const manifest = { name: FRAMEWORK, version, license, bin: { 'functions-framework': FRAMEWORK_PROGRAM } };
  const description = { ...manifest, type: 'module', exports: `./${FRAMEWORK_PROGRAM}` };
  const files = new Map<string, Uint8Array>([
    ['package.json', Buffer.from(`${JSON.stringify(description, null, 2)}\n`)],
  ]);
  const inputs: string[] = [];
  const bundle = async (own: BuildOptions) => {
    const { metafile, outputFiles } = await build({ ...options, ...IN_ONE_FILE, ...own, metafile: true, write: false });
    for (const { path, contents } of outputFiles) files.set(relative(folder, path), contents);
    inputs.push(...Object.keys(metafile.inputs).filter((file) => file !== '<stdin>'));
  };
  const later = onDemand(UNUSED_AT_FIRST, ON_DEMAND_FILE);
  await bundle({
    stdin: { contents: entryOf(fileURLToPath(new URL(SOURCE, source))), resolveDir: folder },
    plugins: [WITHOUT_DOMAINS, later.plugin],
    outfile: FRAMEWORK_PROGRAM,
  });
  await bundle({
    stdin: { contents: later.entry(), resolveDir: folder },
    format: 'cjs',
    banner: {},
    outfile: ON_DEMAND_FILE,
  });
  return { files, manifest, inputs };
}

/** The framework's module that runs each request in a domain. */
const WRAPPERS = /functions-framework\/build\/src\/function_wrappers\.js$/;
/** Tells by AsyncLocalStorage which request what is thrown astray came of, and ends that one alone, as a domain does. */
const REQUESTS = `const { AsyncLocalStorage } = require('node:async_hooks');
const requests = new AsyncLocalStorage();
let watches = false;
function watch() {
  watches = true;
  process.setUncaughtExceptionCaptureCallback((error) => {
    const end = requests.getStore();
    if (end) end(error);
    else process.emit('uncaughtException', error, 'uncaughtException');
  });
}
exports.create = () => {
  // not earlier: until the port is open, what fails has to end the process
  if (!watches) watch();
  let end;
  return {
    on(event, listener) {
      end = listener;
    },
    run(start) {
      requests.run(end, start);
    },
  };
};
exports.bind = (callback) => callback;`;

/** A domain makes each promise and each handle of the whole process several times as dear as it is without. */
const WITHOUT_DOMAINS: Plugin = {
  name: 'without-domains',
  setup({ onResolve, onLoad }) {
    const namespace = 'requests';
    onResolve({ filter: /^domain$/ }, () => ({ path: 'domain', namespace }));
    onLoad({ filter: /./, namespace }, () => ({ contents: REQUESTS, resolveDir: '/' }));
    onLoad({ filter: WRAPPERS }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      const contents = source.replaceAll('process.domain.', 'domain.');
      if (contents === source) throw new Error(`${path} runs requests in another way than it did`);
      return { contents };
    });
  },
};

/** Both what functions import and the program: what they register must be where the program looks for it. */
function entryOf(program: string): string {
  return `#!/usr/bin/env node
    import { realpathSync } from 'node:fs';
    export { cloudEvent, http } from '${FRAMEWORK}';
    if (realpathSync(process.argv[1] ?? '.') === __filename) require(${JSON.stringify(program)});`;
}
