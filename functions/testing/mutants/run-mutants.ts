import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Mutant, type MutantTable, mutantsOf } from './mutant.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const COPIED = ['functions', 'shared', 'schemas', 'emulators', 'package.json', 'tsconfig.json', '.mocharc.json'];
/** A mutant that makes a test wait for ever is caught as well. */
const TIMEOUT_MS = 180_000;

/** What became of a mutant; null: no mutant, the tests as they are. */
interface Outcome {
  mutant: Mutant | null;
  tests: string[];
  isCaught: boolean;
}

/** A copy of the code of a worker's own, so that the checkout is never wrong for a moment. */
function copyCode(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sitebeat-mutants-'));
  for (const name of COPIED) cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

/** Whether these tests pass in a copy. */
async function pass(folder: string, tests: string[]): Promise<boolean> {
  const mocha = join(ROOT, 'node_modules/mocha/bin/mocha.js');
  const env = { ...process.env, SITEBEAT_PROOF: 'all' };
  const child = spawn(process.execPath, [mocha, '--bail', ...tests], { cwd: folder, env, stdio: 'ignore' });
  const timer = setTimeout(() => child.kill('SIGKILL'), TIMEOUT_MS);
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  clearTimeout(timer);
  return code === 0;
}

async function tryMutant(folder: string, mutant: Mutant): Promise<Outcome> {
  const file = join(folder, mutant.file);
  const original = readFileSync(file, 'utf8');
  writeFileSync(
    file,
    original.replace(mutant.find, () => mutant.replace),
  );
  try {
    return { mutant, tests: mutant.tests, isCaught: !(await pass(folder, mutant.tests)) };
  } finally {
    writeFileSync(file, original);
  }
}

async function runAll(mutants: Mutant[], say: (outcome: Outcome) => void): Promise<void> {
  const baselines = [...new Set(mutants.map(({ tests }) => tests.join(' ')))].map((tests) => tests.split(' '));
  const work: ((folder: string) => Promise<Outcome>)[] = [
    ...baselines.map((tests) => async (folder: string) => ({
      mutant: null,
      tests,
      isCaught: !(await pass(folder, tests)),
    })),
    ...mutants.map((mutant) => (folder: string) => tryMutant(folder, mutant)),
  ];
  const worker = async () => {
    const folder = copyCode();
    try {
      for (let next = work.shift(); next !== undefined; next = work.shift()) say(await next(folder));
    } finally {
      rmSync(folder, { recursive: true });
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
}

/**
 * `npm run mutants [-- --only TEXT]`: makes each deliberate fault of mutants.json in a copy of the code, and runs the tests that
 * should notice. Exit 1 when one survives, or when those tests fail without any.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { only: { type: 'string', default: '' } } });
  const table: MutantTable = JSON.parse(readFileSync(new URL('mutants.json', import.meta.url), 'utf8'));
  const mutants = mutantsOf(table).filter(({ what, file }) => `${what} ${file}`.includes(values.only));
  const wrong: string[] = [];
  await runAll(mutants, ({ mutant, tests, isCaught }) => {
    const [name, isRight] =
      mutant === null ? [`no mutant: ${tests.join(' ')}`, !isCaught] : [`${mutant.file}: ${mutant.what}`, isCaught];
    console.log(`${isRight ? 'ok  ' : 'FAIL'} ${name}`);
    if (!isRight) wrong.push(name);
  });
  console.log(`${mutants.length} mutants, ${wrong.length} not as they should be`);
  process.exitCode = wrong.length === 0 ? 0 : 1;
}

await main();
