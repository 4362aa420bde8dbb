import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BigQuery } from '@google-cloud/bigquery';
import { Storage } from '@google-cloud/storage';
import { BSON, MongoClient } from 'mongodb';
import { capturedRun } from '../../functions/testing/captured-run.ts';
import { urlMd5 } from '../../shared/report/site-id.ts';
import { encodeForm } from '../../shared/simulation/form.ts';
import { type ClientRequest, simulate } from '../../shared/simulation/simulate.ts';
import { EVENT_TABLES } from '../../shared/stores/site-history.ts';
import { until } from '../../shared/testing/until.ts';
import { freePort } from '../emulator.ts';
import { postAll } from './post.ts';
import { DEMO_PROJECT } from './provision.ts';
import { type RunnerProcess, startRunner } from './runner-process.ts';
import { STORE_VARIABLES, type StoreEnv } from './store-env.ts';
import { countStores } from './totals.ts';

/** Whoever asks to be erased; each word is nobody else's. */
const PERSON = {
  host: 'quillwort-atelier.example',
  email: 'zephyrine@quillwort-atelier.example',
  first: 'Zephyrine',
  last: 'Oosterhuis',
  ip: '81.2.69.77',
};

function requestsOfPerson(): ClientRequest[] {
  const url = `https://${PERSON.host}`;
  const headers = {
    'user-agent': `Appsero/${urlMd5(url)};`,
    'content-type': 'application/x-www-form-urlencoded',
  };
  const report = {
    url,
    site: `Atelier ${PERSON.last}`,
    admin_email: PERSON.email,
    first_name: PERSON.first,
    last_name: PERSON.last,
    hash: DEMO_PROJECT.hash,
    server: { php_version: '8.2.1' },
    users: { total: 1 },
    ip_address: PERSON.ip,
    project_version: '1.0',
  };
  return [
    { kind: 'track', headers, body: encodeForm(report) },
    { kind: 'deactivate', headers, body: encodeForm({ ...report, reason_id: 'other', reason_info: 'bye' }) },
    { kind: 'tracking-skipped', headers, body: encodeForm({ hash: DEMO_PROJECT.hash, previously_skipped: 0 }) },
    // refused: what is wrong is not logged either
    { kind: 'track', headers, body: encodeForm({ ...report, url: `not a url ${PERSON.email}` }) },
  ];
}

/** Everything that the stores hold, by what it is of; texts that are equal only when every byte is. */
async function readEverything(env: StoreEnv): Promise<Map<string, string>> {
  const everything = new Map<string, string>();
  const client = new MongoClient(env.MONGODB_URI);
  try {
    for (const name of ['sites', 'deactivations', 'optOuts', 'projects']) {
      for (const document of await client.db().collection(name).find().toArray()) {
        everything.set(`${name} ${document._id}`, BSON.EJSON.stringify(document, { relaxed: false }));
      }
    }
  } finally {
    await client.close();
  }
  const bigQuery = new BigQuery({ projectId: env.GOOGLE_CLOUD_PROJECT });
  for (const table of EVENT_TABLES) {
    const query = `SELECT * FROM \`${env.BIGQUERY_DATASET}.${table}_unique\` WHERE received_at >= TIMESTAMP('2020-01-01')`;
    const [rows] = await bigQuery.query({ query });
    for (const row of rows) everything.set(`${table} ${row.event_id}`, JSON.stringify(row));
  }
  const [files] = await new Storage({ projectId: env.GOOGLE_CLOUD_PROJECT }).bucket(env.ARCHIVE_BUCKET).getFiles();
  for (const file of files) everything.set(`archive ${file.name}`, (await file.download())[0].toString());
  return everything;
}

function isOfPerson(text: string): boolean {
  return Object.values(PERSON).some((word) => text.includes(word)) || text.includes(URL_MD5);
}
const URL_MD5 = urlMd5(`https://${PERSON.host}`);

/** What a request says of a person. */
function personalValues({ body }: ClientRequest): string[] {
  const form = new URLSearchParams(body);
  return ['admin_email', 'user_email', 'first_name', 'last_name', 'site', 'ip_address', 'url'].flatMap(
    (key) => form.get(key) || [],
  );
}

/** As a word of its own: a short name may be part of an id. */
function isSaid(value: string, text: string): boolean {
  return new RegExp(`(?<!\\w)${value.replace(/[^\w\s]/g, '\\$&')}(?!\\w)`).test(text);
}

describe('privacy, on the whole mesh', function () {
  this.timeout(600_000);
  let dataDir: string;
  let hosts: NodeJS.ProcessEnv;
  let runner: RunnerProcess;

  before(async () => {
    hosts = Object.fromEntries(STORE_VARIABLES.map((name) => [name, process.env[name]]));
    dataDir = mkdtempSync(join(tmpdir(), 'sitebeat-privacy-'));
    runner = await startRunner(['--data', dataDir, '--port', String(await freePort())]);
    Object.assign(process.env, runner.env);
  });
  after(async () => {
    await runner.end('SIGKILL');
    rmSync(dataDir, { recursive: true });
    Object.assign(process.env, hosts);
  });

  it('logs nothing personal, and erases a person from every store and file and nobody else', async () => {
    const others = simulate({ seed: 11, sites: 40, projectHash: DEMO_PROJECT.hash });
    const person = requestsOfPerson();
    const ids = await postAll(runner.collect, [...person, ...others], { concurrency: 4 });
    const personIds = ids.slice(0, person.length).map(String);
    await until(
      async (progress) => {
        const { history, rejections } = await countStores(runner.env);
        progress(history + rejections);
        return history + rejections === person.length + others.length;
      },
      { what: 'the processing of every event' },
    );
    await until(
      (progress) => {
        const processed = runner.lines.filter((line) => line.includes('"process-event"')).length;
        progress(processed);
        return processed >= person.length + others.length;
      },
      { what: 'the latest states' },
    );
    const { rejections } = await countStores(runner.env);
    assert.ok(rejections > 0, 'something was refused');
    const log = runner.lines.join('\n');
    const said = [...person, ...others].flatMap(personalValues).filter((value) => isSaid(value, log));
    assert.deepEqual(said, [], 'in the logs');

    const before = await readEverything(runner.env);
    assert.ok([...before.values()].filter(isOfPerson).length >= 10, 'there is something to erase');
    const args = [
      'erase',
      '--project',
      DEMO_PROJECT.slug,
      '--site',
      `https://www.${PERSON.host}/`,
      '--yes',
      '--settle',
      '0',
    ];
    const erased = await capturedRun(args, runner.env);
    assert.equal(erased.exitCode, 0, erased.stderr);
    const after = await readEverything(runner.env);
    const isErased = (key: string, text: string) => isOfPerson(key + text) || personIds.some((id) => key.includes(id));
    assert.deepEqual(after, new Map([...before].filter(([key, text]) => !isErased(key, text))));

    assert.equal(await runner.end('SIGTERM'), 0);
    for (const word of [PERSON.host, PERSON.email, PERSON.first, PERSON.last]) {
      assert.throws(
        () => execFileSync('grep', ['-raFl', word, dataDir], { encoding: 'utf8' }),
        { status: 1 },
        `${word} is in a file`,
      );
    }
  });
});
