import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { freePort } from '../shared/testing/free-port.ts';
import { until } from '../shared/testing/until.ts';
import { BUNDLE_OPTIONS } from './build.ts';
import { buildFramework, FRAMEWORK_PROGRAM } from './build-framework.ts';

const FUNCTIONS = `import { EventEmitter, once } from 'node:events';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { cloudEvent, http } from '#framework';
const fail = () => { throw new Error('it failed'); };
const released = new EventEmitter();
const works = {
  '/at-once': fail,
  '/astray': () => setImmediate(fail),
  '/after-waiting': async () => { await null; setImmediate(fail); },
  '/in-a-promise': () => { Promise.reject(new Error('it failed')); },
  '/held': async (response) => { response.write('he'); await once(released, 'release'); response.end('ld'); },
  '/loaded': (response) => response.end(Object.keys(createRequire(import.meta.url).cache).join()),
  '/body': (response, { body }) => response.json(body),
  '/accepts': (response, request) => response.json(request.accepts('json', 'html')),
  '/file': (response) => response.download(fileURLToPath(import.meta.url), 'f.txt', { maxAge: 1000 }),
  '/release': (response) => { released.emit('release'); response.send('released'); },
};
http('web', (request, response) => works[request.path](response, request));
cloudEvent('event', ({ data }) => (data.fails ? Promise.reject(new Error('it failed')) : undefined));`;

describe('the framework of the bundles', () => {
  let folder: string;
  let child: ChildProcess;
  let url: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sitebeat-framework-'));
    const { files } = await buildFramework(new URL('../', import.meta.url), BUNDLE_OPTIONS);
    for (const [name, contents] of files) {
      const file = join(folder, 'framework', name);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, contents);
    }
    await writeFile(join(folder, 'index.mjs'), FUNCTIONS);
    await writeFile(
      join(folder, 'package.json'),
      JSON.stringify({ main: 'index.mjs', imports: { '#framework': `./framework/${FRAMEWORK_PROGRAM}` } }),
    );
  });
  after(() => rm(folder, { recursive: true }));

  const start = async (target: string) => {
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    const program = join(folder, 'framework', FRAMEWORK_PROGRAM);
    child = spawn(process.execPath, [program, `--target=${target}`, `--source=${folder}`, `--port=${port}`], {
      stdio: 'ignore',
    });
    const answers = () =>
      fetch(`${url}/favicon.ico`).then(
        () => true,
        () => child.exitCode !== null,
      );
    await until(answers, { what: 'the framework' });
  };
  const end = async () => {
    if (child.exitCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  const statusOf = async (path: string, init?: RequestInit) => {
    const answer = await fetch(url + path, init);
    return [answer.status, answer.headers.get('x-google-status'), await answer.text()];
  };

  describe('of an HTTP function', () => {
    beforeEach(() => start('web'));
    afterEach(end);

    it('ends the request that something thrown came of, wherever it was thrown, and no other', async () => {
      const held = await fetch(`${url}/held`);
      for (const path of ['/at-once', '/astray', '/after-waiting']) {
        assert.deepEqual(await statusOf(path), [500, 'crash', 'it failed'], path);
      }
      assert.deepEqual(await statusOf('/release'), [200, null, 'released']);
      assert.equal(await held.text(), 'held');
    });

    it('loads what no function uses until it listens when it is first used', async () => {
      assert.doesNotMatch((await statusOf('/loaded'))[2] as string, /on-demand/);
      assert.deepEqual(await statusOf('/accepts', { headers: { accept: 'text/html' } }), [200, null, '"html"']);
      assert.match((await statusOf('/loaded'))[2] as string, /on-demand/);
    });

    it('reads bodies and sends files as without that', async () => {
      const body = async (type: string, text: string | Buffer) => {
        const answer = await fetch(`${url}/body`, { method: 'POST', headers: { 'content-type': type }, body: text });
        return answer.ok ? answer.json() : answer.status;
      };
      assert.deepEqual(await body('application/json', '{"a":1}'), { a: 1 });
      assert.deepEqual(await body('application/x-www-form-urlencoded', 'a[b]=1&a[c]=2'), { a: { b: '1', c: '2' } });
      assert.equal(await body('text/plain; charset=windows-1252', Buffer.from([0x80])), '€');
      assert.equal(await body('text/plain; charset=shift_jis', Buffer.from([0x8b, 0xad])), '強');
      assert.equal(await body('application/json', '{'), 400);
      assert.equal(await body('text/plain; charset=none', 'a'), 415);
      const file = await fetch(`${url}/file`);
      assert.equal(await file.text(), FUNCTIONS);
      assert.deepEqual(
        ['content-type', 'content-disposition', 'cache-control'].map((name) => file.headers.get(name)),
        ['text/javascript; charset=utf-8', 'attachment; filename=f.txt', 'public, max-age=1'],
      );
    });

    it('ends the process for a promise that nobody looks after', async () => {
      const ended = once(child, 'exit');
      // whether its answer still leaves is up to the system
      await statusOf('/in-a-promise').catch(() => {});
      assert.deepEqual(await ended, [16, null]);
    });
  });

  it('acknowledges an event that its function took, and no other', async () => {
    await start('event');
    try {
      const send = (data: object) =>
        statusOf('/', {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            'ce-id': '1',
            'ce-source': 's',
            'ce-specversion': '1.0',
            'ce-type': 't',
          },
          body: JSON.stringify(data),
        });
      assert.deepEqual(await send({ fails: false }), [204, null, '']);
      assert.deepEqual(await send({ fails: true }), [500, 'error', 'it failed']);
    } finally {
      await end();
    }
  });
});
