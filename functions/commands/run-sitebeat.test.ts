import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { inProof } from '../../shared/testing/in-proof.ts';
import { capturedProcess, capturedRun } from '../testing/captured-run.ts';

const SAYS_WHAT_IT_LOADED = `data:text/javascript,
  import { createRequire } from 'node:module';
  const { cache } = createRequire('file:///');
  process.on('exit', () => console.error(Object.keys(cache).join('\\n')));
`;

const BIN = fileURLToPath(new URL('sitebeat.ts', import.meta.url));
const GOOGLE = ['@google-cloud', 'google-auth-library'];

describe('sitebeat', function () {
  this.timeout(60_000);

  for (const { args, exitCode, without } of [
    { args: ['--help'], exitCode: 0, without: [...GOOGLE, 'mongodb'] },
    { args: ['nonsense'], exitCode: 2, without: [...GOOGLE, 'mongodb'] },
    { args: ['cost'], exitCode: 0, without: [...GOOGLE, 'mongodb'] },
    { args: ['charts'], exitCode: 2, without: GOOGLE },
  ]) {
    const test = args[0] === '--help' ? it : inProof;
    test(`loads for '${args.join(' ')}' no client library that it does not need`, async () => {
      const NODE_OPTIONS = `--import=${encodeURI(SAYS_WHAT_IT_LOADED)}`;
      const run = await capturedProcess(args, { NODE_OPTIONS });
      assert.equal(run.exitCode, exitCode, run.stderr);
      const loaded = run.stderr.split('\n').filter((line) => line.includes('/node_modules/'));
      assert.ok(loaded.some((file) => file.includes('/commander/')));
      assert.deepEqual(
        loaded.filter((file) => without.some((name) => file.includes(`/node_modules/${name}/`))),
        [],
      );
    });
  }

  it('lists its commands without loading them, and defines the one that is called', async () => {
    const { stdout } = await capturedRun(['--help']);
    assert.match(stdout, /^ {2}erase +remove a site/m);
    assert.doesNotMatch(stdout, /--resume/);
    for (const args of [
      ['erase', '--help'],
      ['help', 'erase'],
    ]) {
      const help = await capturedRun(args);
      assert.deepEqual([help.exitCode, /--resume/.test(help.stdout)], [0, true]);
    }
  });

  it('shows the help of a command of a group', async () => {
    const { exitCode, stdout } = await capturedRun(['help', 'projects', 'create']);
    assert.deepEqual([exitCode, /--custom-field/.test(stdout)], [0, true]);
  });

  it('goes on when nobody reads what it says on standard error', async () => {
    const child = spawn(BIN, ['nonsense'], { stdio: ['ignore', 'ignore', 'pipe'] });
    child.stderr.destroy();
    const [exitCode] = await once(child, 'exit');
    assert.equal(exitCode, 2);
  });

  for (const args of [[], ['nonsense'], ['help', 'nonsense'], ['--json', 'cost']])
    it(`ends with 2 for '${args.join(' ')}'`, async () => assert.equal((await capturedRun(args)).exitCode, 2));
});
