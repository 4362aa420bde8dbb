/** An entry of npm's lock file (version 3): a package as it lies at a path below node_modules. */
export interface LockEntry {
  version?: string;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  peerDependenciesMeta?: Record<string, { optional?: boolean }>;
  integrity?: string;
}

/** npm's lock file; `''` is the package itself. */
export interface Lock {
  name?: string;
  lockfileVersion: number;
  requires?: boolean;
  packages: Record<string, LockEntry>;
}

/** What a bundle's own package.json says that npm compares with the lock. */
export interface BundlePackage {
  name: string;
  dependencies: Record<string, string>;
}

const FOLDER = 'node_modules/';

/**
 * The lock of a bundle: of our own, all that the bundle's dependencies reach, at the places where they lie here. So a build in
 * the cloud installs what was tested, to the byte. Throws an Error when our lock lacks something.
 */
export function bundleLock({ lockfileVersion, packages }: Lock, bundle: BundlePackage): Lock {
  const found = new Set<string>();
  const waiting = reach(packages, '', bundle);
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (found.has(path)) continue;
    found.add(path);
    waiting.push(...reach(packages, path, packages[path] as LockEntry));
  }
  return {
    name: bundle.name,
    lockfileVersion,
    requires: true,
    packages: {
      '': { ...bundle } as LockEntry,
      ...Object.fromEntries([...found].sort().map((path) => [path, packages[path] as LockEntry])),
    },
  };
}

/** Where what a package at `path` depends on lies. */
function reach(packages: Lock['packages'], path: string, entry: LockEntry): string[] {
  const { dependencies = {}, optionalDependencies = {}, peerDependencies = {}, peerDependenciesMeta = {} } = entry;
  const names = new Set(Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies }));
  return [...names].flatMap((name) => {
    const place = resolve(packages, path, name);
    // npm leaves out what does not fit the machine that made the lock, and a peer that may be missing
    if (place !== undefined) return place;
    if (name in optionalDependencies || peerDependenciesMeta[name]?.optional) return [];
    throw new Error(`package-lock.json lacks ${name}, which ${path || 'a bundle'} needs`);
  });
}

/** As Node looks for a package: beside the one that asks, then further up. */
function resolve(packages: Lock['packages'], path: string, name: string): string | undefined {
  for (let parent = path; ; parent = parent.slice(0, Math.max(0, parent.lastIndexOf(FOLDER) - 1))) {
    const place = `${parent === '' ? '' : `${parent}/`}${FOLDER}${name}`;
    if (place in packages) return place;
    if (parent === '') return undefined;
  }
}
