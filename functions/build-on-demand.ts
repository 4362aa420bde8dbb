import type { Plugin } from 'esbuild';

/** CommonJS modules that a bundle keeps in a file of its own, which is read when the first of them is used. */
export interface OnDemand {
  /** For the bundle: each of them becomes what stands for it. */
  plugin: Plugin;
  /** What the file is to be built of, as CommonJS, once the bundle is. */
  entry(): string;
}

/** Stands for a module until it is called, made an object of or asked for a property. */
const STAND_IN = `module.exports = (load) => {
  const traps = ['apply', 'construct', 'get'].map((trap) => [trap, (_, ...rest) => Reflect[trap](load(), ...rest)]);
  return new Proxy(function () {}, Object.fromEntries(traps));
};`;
const STAND_IN_MODULE = 'stand-in';

/**
 * @param names packages and built-in modules of which nothing is used while a bundle is loaded
 * @param file the file's name, beside the bundle
 */
export function onDemand(names: readonly string[], file: string): OnDemand {
  const paths = new Map<string, string>();
  const plugin: Plugin = {
    name: 'on-demand',
    setup({ onResolve, onLoad, resolve }) {
      const namespace = 'on-demand';
      onResolve(
        { filter: new RegExp(`^(?:${names.join('|')})$`) },
        async ({ path: name, kind, resolveDir, pluginData }) => {
          if (pluginData === namespace) return undefined;
          const { path } = await resolve(name, { kind, resolveDir, pluginData: namespace });
          if ((paths.get(name) ?? path) !== path) throw new Error(`two packages are ${name}: ${path}`);
          paths.set(name, path);
          return { path: name, namespace };
        },
      );
      onResolve({ filter: /./, namespace }, ({ path }) =>
        path === STAND_IN_MODULE ? { path, namespace } : { path, external: true },
      );
      onLoad({ filter: /./, namespace }, ({ path: name }) => ({
        contents:
          name === STAND_IN_MODULE
            ? STAND_IN
            : `module.exports = require('${STAND_IN_MODULE}')(() => require('./${file}')['${name}']());`,
      }));
    },
  };
  const entry = () => {
    const loads = [...paths].map(([name, path]) => `'${name}': () => require(${JSON.stringify(path)})`);
    return `module.exports = { ${loads.join(', ')} };`;
  };
  return { plugin, entry };
}
