import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildPage } from './build-page.ts';

describe('buildPage', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sitebeat-build-page-'));
    await writeFile(join(folder, 'tsconfig.json'), '{}');
    await writeFile(join(folder, 'icon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
    await writeFile(join(folder, 'index.html'), '<script src="/%SCRIPT%"></script>');
  });
  after(() => rm(folder, { recursive: true }));

  /** A page whose script is of so many bytes that no compression makes fewer. */
  const build = async (bytes: number) => {
    await writeFile(join(folder, 'main.tsx'), `console.log('${randomBytes(bytes).toString('base64')}');`);
    const url = pathToFileURL(`${folder}/`);
    return buildPage(url, url);
  };

  it('fails above 100 kB gzipped', async () => {
    await assert.rejects(build(100_500), /^Error: the page weighs \d{6} bytes gzipped, more than 100000$/);
  });

  it('names the files by what is in them', async () => {
    const { files } = await build(90_000);
    const script = [...files.keys()].find((name) => name.endsWith('.js')) ?? '';
    assert.match(script, /^app-\w+\.js$/);
    assert.equal(Buffer.from(files.get('index.html') ?? '').toString(), `<script src="/${script}"></script>`);
  });
});
