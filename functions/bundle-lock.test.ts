import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { bundleLock, type Lock } from './bundle-lock.ts';

const OURS: Lock = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8'));

const SMALL: Lock = {
  lockfileVersion: 3,
  packages: {
    '': {},
    'node_modules/framework': {
      version: '5.0.0',
      dependencies: { router: '^2', shared: '^2' },
      optionalDependencies: { fast: '*' },
    },
    'node_modules/framework/node_modules/shared': { version: '2.0.0' },
    'node_modules/router': {
      version: '2.0.0',
      dependencies: { '@scope/path': '^1' },
      peerDependencies: { shared: '^1' },
    },
    'node_modules/@scope/path': { version: '1.0.0', dependencies: { router: '^2' } },
    'node_modules/shared': { version: '1.0.0' },
    'node_modules/unused': { version: '9.0.0' },
  },
};
const BUNDLE = { name: 'a-bundle', dependencies: { framework: '5.0.0' } };

describe('bundleLock', () => {
  it('has what the bundle reaches, where Node finds it, and nothing else', () => {
    assert.deepEqual(bundleLock(SMALL, BUNDLE), {
      name: 'a-bundle',
      lockfileVersion: 3,
      requires: true,
      packages: {
        '': BUNDLE,
        'node_modules/@scope/path': SMALL.packages['node_modules/@scope/path'],
        'node_modules/framework': SMALL.packages['node_modules/framework'],
        'node_modules/framework/node_modules/shared': { version: '2.0.0' },
        'node_modules/router': SMALL.packages['node_modules/router'],
        'node_modules/shared': { version: '1.0.0' },
      },
    });
  });

  it('refuses to leave out what is needed', () => {
    const { 'node_modules/@scope/path': _, ...packages } = SMALL.packages;
    assert.throws(
      () => bundleLock({ ...SMALL, packages }, BUNDLE),
      /lacks @scope\/path, which node_modules\/router needs/,
    );
  });

  it('keeps version and checksum of every package of ours, whichever the bundle depends on', () => {
    const { dependencies = {} } = OURS.packages[''] ?? {};
    fc.assert(
      fc.property(fc.subarray(Object.keys(dependencies)), (names) => {
        const wanted = Object.fromEntries(names.map((name) => [name, dependencies[name] as string]));
        const { packages } = bundleLock(OURS, { name: 'a-bundle', dependencies: wanted });
        for (const name of names) assert.ok(`node_modules/${name}` in packages, name);
        for (const [path, entry] of Object.entries(packages)) {
          if (path === '') continue;
          assert.equal(entry, OURS.packages[path]);
          assert.ok(entry.version && entry.integrity, path);
        }
      }),
    );
  });
});
