import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const TOP_LEVEL = [
  'functions',
  'shared',
  'schemas',
  'terraform',
  'emulators',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'README.md',
  'LICENSE',
];

/** Who may import what; the first rule that fits a file counts. Tests may also reach for what is there for tests. */
const RULES: { files: RegExp; may: RegExp[]; packages?: RegExp }[] = [
  { files: /^functions\/(?:commands|testing)\//, may: [/^functions\//, /^shared\//, /^schemas\//] },
  { files: /^functions\/(?<own>[^/]+)\//, may: [/^functions\/<own>\//, /^shared\//, /^schemas\//] },
  { files: /^functions\/[^/]+\.ts$/, may: [/^functions\/[^/]+\.ts$/, /^shared\//, /^schemas\//] },
  {
    files: /^shared\/(?:event|report|project|figures)\//,
    may: [/^shared\/(?:event|report|project|figures)\//, /^shared\/runtime\/errors\.ts$/],
    packages: /^(?:node:(?:crypto|net|url|util)|html-entities|ipaddr\.js|lossless-json|tldts)$/,
  },
  { files: /^shared\/stores\//, may: [/^shared\//, /^schemas\//] },
  { files: /^shared\/testing\//, may: [/^shared\//, /^schemas\//] },
  { files: /^shared\//, may: [/^shared\//, /^schemas\//], packages: /^(?!@google-cloud\/|mongodb$)/ },
  { files: /^emulators\/local\//, may: [/./] },
  { files: /^emulators\/(?<own>[^/]+)\//, may: [/^emulators\/<own>\//, /^emulators\/[^/]+\.ts$/] },
  { files: /^emulators\/[^/]+\.ts$/, may: [/^emulators\/[^/]+\.ts$/] },
];

/** A contract is a test that several suites run; a benchmark reaches for what tests do. */
const IS_TEST = /(?:\.test|\.bench|\/contract-[a-z-]+)\.ts$/;

interface Import {
  from: string;
  to: string;
}

function sourceFiles(): string[] {
  return execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
    encoding: 'utf8',
  })
    .split('\n')
    .filter((file) => file !== '');
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  return [
    ...text.matchAll(/^(?:import|export)\b[^;]*?\bfrom '([^']+)';|^import '([^']+)';|\bimport\('([^']+)'\)/gm),
  ].map((match) => {
    const to = match[1] ?? match[2] ?? match[3] ?? '';
    return { from: file, to: to.startsWith('.') ? normalize(join(dirname(file), to)) : to };
  });
}

function isAllowed({ from, to }: Import): boolean {
  const rule = RULES.find(({ files }) => files.test(from));
  if (rule === undefined) return false;
  if (!/^(?:functions|shared|schemas|emulators|terraform)\//.test(to)) {
    return rule.packages === undefined || IS_TEST.test(from) || rule.packages.test(to);
  }
  if (IS_TEST.test(from) && /^(?:shared|functions)\/testing\/|^functions\/build-page\.ts$/.test(to)) return true;
  const own = rule.files.exec(from)?.groups?.own ?? '';
  return rule.may.some((pattern) => new RegExp(pattern.source.replaceAll('<own>', own)).test(to));
}

describe('the tree', () => {
  const files = sourceFiles();
  const code = files.filter((file) => /\.tsx?$/.test(file));

  it('grows nothing new at the top', () => {
    const top = new Set(files.map((file) => file.split('/')[0] as string));
    assert.deepEqual(
      [...top].filter((name) => !name.startsWith('.') && !TOP_LEVEL.includes(name)),
      [],
    );
  });

  it('imports only what house rules allow', () => {
    const wrong = code.flatMap(importsOf).filter((one) => !isAllowed(one));
    assert.deepEqual(wrong, []);
  });

  it('would notice an import that they do not allow', () => {
    assert.ok(!isAllowed({ from: 'functions/collect/receive.ts', to: 'functions/process-event/merge-site.ts' }));
    assert.ok(!isAllowed({ from: 'functions/collect/receive.ts', to: 'emulators/storage/index.ts' }));
    assert.ok(!isAllowed({ from: 'shared/report/cast.ts', to: 'mongodb' }));
    assert.ok(!isAllowed({ from: 'emulators/storage/index.ts', to: 'emulators/pubsub/index.ts' }));
  });

  it('has in-proof.ts imported by every test that has it through another file: npm run proof:ci finds tests by that', () => {
    const all = code.flatMap(importsOf);
    const naming = new Set(all.filter(({ to }) => to === 'shared/testing/in-proof.ts').map(({ from }) => from));
    assert.ok(naming.size > 10);
    assert.deepEqual(
      all.filter(({ from, to }) => naming.has(to) && !naming.has(from)),
      [],
    );
  });

  it('names files in kebab-case, and none after nothing in particular', () => {
    const names = code.map((file) => file.split('/').at(-1) as string);
    assert.deepEqual(
      names.filter((name) => !/^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.(?:test|bench|d))?\.tsx?$/.test(name)),
      [],
    );
    assert.deepEqual(
      names.filter((name) => /^(?:utils?|helpers?|common|misc)\b/.test(name)),
      [],
    );
  });

  it('keeps files within 300 lines', () => {
    const long = code.filter((file) => readFileSync(join(ROOT, file), 'utf8').split('\n').length > 301);
    // a table of all that can be wrong
    assert.deepEqual(long, []);
  });

  it('has every file that a script of package.json names: mocha leaves out what it does not find', () => {
    const { scripts }: { scripts: Record<string, string> } = JSON.parse(
      readFileSync(join(ROOT, 'package.json'), 'utf8'),
    );
    const named = Object.values(scripts)
      .flatMap((script) => script.split(/[\s"']+/))
      .filter((word) => word.endsWith('.ts') && !/[*!]/.test(word))
      .flatMap((word) => {
        const [, before, names, after] = /^(.*)@\((.*)\)(.*)$/.exec(word) ?? [];
        return names === undefined ? [word] : names.split('|').map((name) => before + name + after);
      });
    assert.ok(named.length > 10);
    assert.deepEqual(
      named.filter((file) => !files.includes(file)),
      [],
    );
  });
});
