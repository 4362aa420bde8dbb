import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { BigQuery } from '@google-cloud/bigquery';
import { Storage } from '@google-cloud/storage';
import { BSON, MongoClient } from 'mongodb';
import { capturedRun } from '../../functions/testing/captured-run.ts';
import { urlMd5 } from '../../shared/report/site-id.ts';
import { encodeForm } from '../../shared/simulation/form.ts';
import { type ClientRequest, simulate } from '../../shared/simulation/simulate.ts';
import { EVENT_TABLES } from '../../shared/stores/history/site-history.ts';
import { postAll } from './post.ts';
import { DEMO_PROJECT } from './provision.ts';
import type { StoreEnv } from './store-env.ts';
import { type RunnerProcess, untilProcessed } from './testing/runner-process.ts';

/** Whoever asks to be erased; each word is nobody else's. */
const PERSON = {
  host: 'quillwort-atelier.example',
  email: 'zephyrine@quillwort-atelier.example',
  first: 'Zephyrine',
  last: 'Oosterhuis',
  ip: '81.2.69.77',
};

/** Somebody else, who speaks of that person. */
const NEIGHBOUR = { host: 'neighbour-of-quill.example', email: 'nils@neighbour-of-quill.example' };

const headersOf = (url: string) => ({
  'user-agent': `Appsero/${urlMd5(url)};`,
  'content-type': 'application/x-www-form-urlencoded',
});

function requestsOfPerson(): ClientRequest[] {
  const report = {
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
  const request = (kind: ClientRequest['kind'], url: string, change: object): ClientRequest => ({
    kind,
    headers: headersOf(url),
    body: encodeForm({ ...report, url, ...change }),
  });
  const url = `https://${PERSON.host}`;
  return [
    request('track', url, {}),
    request('track', `http://WWW.${PERSON.host.toUpperCase()}:80/?lang=de`, {
      admin_email: `"${PERSON.last}, ${PERSON.first}" <${PERSON.email.toUpperCase()}>`,
    }),
    request('deactivate', url, { reason_id: 'other', reason_info: 'bye' }),
    { kind: 'tracking-skipped', headers: headersOf(url), body: encodeForm({ hash: DEMO_PROJECT.hash }) },
    // client 1.2.3
    { kind: 'deactivate', headers: headersOf(`${url}/`), body: encodeForm({ reason_id: 'other', reason_info: 'bye' }) },
    // refused: what is wrong is not logged either
    request('track', url, { url: `not a url ${PERSON.email}` }),
    // another plugin of that site, whose author has nothing to do with this system
    request('track', url, { hash: 'c0ffee00-0000-4000-8000-000000000000' }),
  ];
}

function requestsOfNeighbour(): ClientRequest[] {
  const url = `https://${NEIGHBOUR.host}`;
  const report = { url, admin_email: NEIGHBOUR.email, hash: DEMO_PROJECT.hash, project_version: '1.0' };
  const request = (kind: ClientRequest['kind'], change: object): ClientRequest => ({
    kind,
    headers: headersOf(url),
    body: encodeForm({ ...report, ...change }),
  });
  return [
    request('track', {}),
    request('deactivate', { reason_id: 'other', reason_info: `ask <${PERSON.email.toUpperCase()}>.` }),
    request('track', { extra: { contact: `mailto:${PERSON.email}` }, wp: { theme_author: `by ${PERSON.email}` } }),
  ];
}

/** Everything that the stores hold, by what it is of; texts that are equal only when every byte is. */
async function readEverything(env: StoreEnv): Promise<Map<string, string>> {
  const everything = new Map<string, string>();
  const client = new MongoClient(env.MONGODB_URI);
  try {
    for (const name of ['sites', 'deactivations', 'optOuts', 'unclaimed', 'projects']) {
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
  const query = `SELECT event_id, key FROM \`${env.BIGQUERY_DATASET}.event_keys\` WHERE received_at >= TIMESTAMP('2020-01-01')`;
  for (const { event_id: id, key } of (await bigQuery.query({ query }))[0])
    everything.set(`event_keys ${id} ${key}`, key);
  const [files] = await new Storage({ projectId: env.GOOGLE_CLOUD_PROJECT }).bucket(env.ARCHIVE_BUCKET).getFiles();
  for (const file of files) everything.set(`archive ${file.name}`, (await file.download())[0].toString());
  return everything;
}

function isOfPerson(text: string): boolean {
  return [...Object.values(PERSON), URL_MD5].some((word) => text.toLowerCase().includes(word.toLowerCase()));
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

/** As a rebuild notes it. */
async function markCopy(env: StoreEnv): Promise<void> {
  const client = new MongoClient(env.MONGODB_URI);
  try {
    const change = { $set: { cloneOf: PERSON.host }, $inc: { revision: 1 } };
    const { matchedCount } = await client.db().collection('sites').updateOne({ site: NEIGHBOUR.host }, change);
    assert.equal(matchedCount, 1);
  } finally {
    await client.close();
  }
}

async function erase(env: StoreEnv, ...target: string[]): Promise<void> {
  const args = ['erase', '--project', DEMO_PROJECT.slug, ...target, '--yes', '--settle', '0'];
  const { exitCode, stderr } = await capturedRun(args, env);
  assert.equal(exitCode, 0, stderr);
}

/** Once nothing is under way in the mesh; `assertForgotten` looks at its files later. */
export function keepsPrivacy(running: () => RunnerProcess): void {
  it('logs nothing personal, and erases a person from every store and nobody else', async () => {
    const { collect, env, lines } = running();
    const others = simulate({ seed: 11, sites: 8, projectHash: DEMO_PROJECT.hash });
    const [person, neighbour] = [requestsOfPerson(), requestsOfNeighbour()];
    const all = [...person, ...neighbour, ...others];
    const ids = (await postAll(collect, all, { concurrency: 4 })).map(String);
    const personIds = ids.slice(0, person.length);
    const neighbourIds = ids.slice(person.length, person.length + neighbour.length);
    await untilProcessed([running()], ids);
    const log = lines.join('\n');
    const said = all.flatMap(personalValues).filter((value) => isSaid(value, log));
    assert.deepEqual(said, [], 'in the logs');

    await markCopy(env);
    const before = await readEverything(env);
    assert.ok(
      personIds.some((id) => before.has(`rejections ${id}`)),
      'something was refused',
    );
    const held = [...before].filter(([key, text]) => isOfPerson(key + text));
    assert.ok(held.length >= 15, 'there is something to erase');
    assert.equal(held.filter(([key, text]) => (key + text).includes(NEIGHBOUR.host)).length >= 5, true);
    await erase(env, '--site', `https://www.${PERSON.host}/`);
    await erase(env, '--email', `${PERSON.first.toUpperCase()}@${PERSON.host}`);
    const after = await readEverything(env);
    assert.deepEqual(
      [...after].filter(([key, text]) => isOfPerson(key + text)),
      [],
    );
    const isConcerned = ([key, text]: [string, string]) =>
      isOfPerson(key + text) ||
      [...personIds, ...neighbourIds].some((id) => key.includes(id)) ||
      key.endsWith(NEIGHBOUR.host);
    const untouched = (places: Map<string, string>) => new Map([...places].filter((place) => !isConcerned(place)));
    assert.deepEqual(untouched(after), untouched(before));
    // the neighbour stays, with the event that speaks of nobody else
    assert.match(after.get(`sites ${DEMO_PROJECT.hash}:${NEIGHBOUR.host}`) ?? '', new RegExp(NEIGHBOUR.email));
    assert.deepEqual(
      neighbourIds.map((id) => after.has(`sites ${id}`)),
      [true, false, false],
    );
  });
}

/** Asserts that no file of a mesh that has ended says anything of who was erased. */
export function assertForgotten(dataDir: string): void {
  for (const word of [PERSON.host, PERSON.email, PERSON.first, PERSON.last]) {
    assert.throws(
      () => execFileSync('grep', ['-raFil', word, dataDir], { encoding: 'utf8' }),
      { status: 1 },
      `${word} is in a file`,
    );
  }
}
