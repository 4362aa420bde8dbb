import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build } from 'esbuild';

/** The package that every function registers itself with, and whose program the cloud starts. */
export const FRAMEWORK = '@google-cloud/functions-framework';

const PROGRAM = 'build/src/main.js';
const FILE = 'main.mjs';

/** The framework as one file of a package of its own, and what it was made of. */
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
  const source = new URL(`node_modules/${FRAMEWORK}/`, root);
  const { version, license } = JSON.parse(await readFile(new URL('package.json', source), 'utf8'));
  const { metafile, outputFiles } = await build({
    ...options,
    stdin: { contents: entryOf(fileURLToPath(new URL(PROGRAM, source))), resolveDir: fileURLToPath(root) },
    splitting: false,
    outfile: FILE,
    metafile: true,
    write: false,
  });
  const manifest = { name: FRAMEWORK, version, license, bin: { 'functions-framework': FILE } };
  const description = { ...manifest, type: 'module', exports: `./${FILE}` };
  const files = new Map(outputFiles.map(({ contents }) => [FILE, contents]));
  files.set('package.json', Buffer.from(`${JSON.stringify(description, null, 2)}\n`));
  const inputs = Object.keys(metafile.inputs).filter((file) => file !== '<stdin>');
  return { files, manifest, inputs };
}

/** Both what functions import and the program: what they register must be where the program looks for it. */
function entryOf(program: string): string {
  return `#!/usr/bin/env node
    import { realpathSync } from 'node:fs';
    export { cloudEvent, http } from '${FRAMEWORK}';
    if (realpathSync(process.argv[1] ?? '.') === __filename) require(${JSON.stringify(program)});`;
}
