import assert from 'node:assert/strict';
import { filterableKeys, type Project } from '../../../shared/project/project.ts';
import type { Latest } from '../../../shared/stores/mongodb.ts';
import { openProjects } from '../../../shared/stores/projects.ts';
import { ownDatabase } from '../../../shared/testing/stores.ts';
import { capturedProcess, capturedRun } from '../../testing/captured-run.ts';

describe('sitebeat projects', () => {
  let latest: Latest;
  let env: { MONGODB_URI: string };
  before(() => {
    latest = ownDatabase();
    const uri = new URL(process.env.MONGODB_URI ?? '');
    uri.pathname = `/${latest.db.databaseName}`;
    env = { MONGODB_URI: uri.href };
  });
  after(async () => {
    await latest.db.dropDatabase();
    await latest.close();
  });

  const run = (...args: string[]) => capturedRun(['projects', ...args], env);
  const json = async (...args: string[]) => {
    const { exitCode, stdout, stderr } = await run(...args, '--json');
    assert.equal(exitCode, 0, stderr);
    return JSON.parse(stdout);
  };
  const NEW = ['create', '--name', 'My Forms', '--slug', 'my-forms', '--type', 'plugin'];

  it('creates a project that functions know at once, under a hash of its own', async () => {
    const created = await json(
      ...[...NEW, '--custom-field', 'plan:string:Plan', '--custom-field', 'seats:number'],
      ...['--reason', 'too-slow:It slowed my site down', '--mail', 'mailchimp:L1', '--mail', 'mailjet:L2:off'],
    );
    assert.match(created.hash, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    assert.deepEqual(created, {
      hash: created.hash,
      name: 'My Forms',
      slug: 'my-forms',
      type: 'plugin',
      customFields: [
        { key: 'plan', type: 'string', label: 'Plan' },
        { key: 'seats', type: 'number', label: 'seats' },
      ],
      reasons: [{ id: 'too-slow', label: 'It slowed my site down' }],
      mailIntegrations: [
        { provider: 'mailchimp', list: 'L1', enabled: true },
        { provider: 'mailjet', list: 'L2', enabled: false },
      ],
      mailCapPerHour: 200,
      keepFullIp: false,
      archived: false,
      access: [],
      releases: [],
      advisories: [],
    });
    assert.deepEqual(await openProjects(latest.db).find(created.hash), created);
    const [byHash, list] = await Promise.all([json('show', created.hash.toUpperCase()), json('list')]);
    assert.deepEqual(byHash, created);
    assert.deepEqual(list, [created]);
  });

  it('refuses a slug or a hash that is taken, also of two created at once', async () => {
    const hash = '0B7A6A0E-1111-4222-8333-444455556666';
    const twins = await Promise.all([1, 2].map((n) => run(...NEW.with(4, `twin-${n}`), '--hash', hash)));
    assert.deepEqual(twins.map(({ exitCode }) => exitCode).sort(), [0, 1]);
    assert.ok(twins.some(({ stderr }) => stderr.includes('another project has this hash')));
    const again = await run(...NEW);
    assert.deepEqual([again.exitCode, again.stderr], [1, 'sitebeat: another project has this slug\n']);
    assert.equal((await openProjects(latest.db).find(hash.toLowerCase()))?.name, 'My Forms');
  });

  it('updates what is given and nothing else', async () => {
    const before = await json('show', 'my-forms');
    const updated = await json(
      ...['update', 'my-forms', '--name', 'Forms', '--keep-full-ip', '--mail', 'mailchimp:L1:off'],
      ...['--remove-custom-field', 'plan', '--custom-field', 'seats:json:Seats', '--remove-reason', 'too-slow'],
    );
    assert.deepEqual(updated, {
      ...before,
      name: 'Forms',
      keepFullIp: true,
      customFields: [{ key: 'seats', type: 'json', label: 'Seats' }],
      reasons: [],
      mailIntegrations: before.mailIntegrations.map((mail: object) => ({ ...mail, enabled: false })),
    });
    assert.equal((await json('update', 'my-forms', '--no-keep-full-ip')).keepFullIp, false);
  });

  it('caps what mail lists are asked in an hour, also of a project from before there was a cap', async () => {
    const made = await json(...NEW.with(4, 'capped'), '--mail-cap', '50');
    assert.equal(made.mailCapPerHour, 50);
    assert.equal((await json('update', 'capped', '--mail-cap', '1000')).mailCapPerHour, 1000);
    assert.match((await run('show', 'capped')).stdout, /mail cap +1000 requests an hour/);
    await latest.db.collection('projects').updateOne({ slug: 'capped' }, { $unset: { mailCapPerHour: 1 } });
    assert.equal((await json('show', 'capped')).mailCapPerHour, 200);
    assert.equal((await openProjects(latest.db).find(made.hash))?.mailCapPerHour, 200);
  });

  it('lets sites be listed by custom fields, in the order of the fields, and says what is to be done', async () => {
    const fields = ['a:string', 'b:number', 'c:boolean', 'd:date', 'e:json'].flatMap((field) => [
      '--custom-field',
      field,
    ]);
    const made = await json(...NEW.with(4, 'listed'), ...fields, '--filterable', 'c', '--filterable', 'a');
    const keysOf = (project: Project) => filterableKeys(project);
    assert.deepEqual(
      [keysOf(made), made.listedBy],
      [
        ['a', 'c'],
        ['a', 'c'],
      ],
    );
    const { stdout, stderr } = await run(
      'update',
      'listed',
      '--filterable',
      'b',
      '--custom-field',
      'a:string:A',
      '--json',
    );
    assert.deepEqual([keysOf(JSON.parse(stdout)), JSON.parse(stdout).listedBy], [['a', 'b', 'c'], []]);
    assert.match(stderr, /sitebeat setup/);
    assert.match((await run('show', 'listed')).stdout, /a \(string, filterable\): A/);
    for (const { args, says, exitCode } of [
      { args: ['--filterable', 'd'], says: /3 custom fields can be filterable, not 4/, exitCode: 2 },
      { args: ['--remove-filterable', 'a', '--filterable', 'e'], says: /listed by e: it is json/, exitCode: 2 },
      { args: ['--filterable', 'x'], says: /has no custom field x/, exitCode: 1 },
      { args: ['--remove-filterable', 'd'], says: /d is not filterable/, exitCode: 1 },
    ]) {
      const refused = await run('update', 'listed', ...args);
      assert.deepEqual([refused.exitCode, says.test(refused.stderr)], [exitCode, true], refused.stderr);
    }
    const none = await run(
      'update',
      'listed',
      ...['a', 'b', 'c'].flatMap((key) => ['--remove-filterable', key]),
      '--json',
    );
    assert.deepEqual([keysOf(JSON.parse(none.stdout)), none.stderr], [[], '']);
    const back = await run('update', 'listed', '--filterable', 'a', '--filterable', 'c', '--remove-custom-field', 'b');
    assert.match(back.stderr, /sitebeat setup/, 'sites were written for other fields meanwhile');
  });

  it('keeps release days and advisories, also of a project from before there were any', async () => {
    const made = await json(...NEW.with(4, 'holes'), '--release', '3.2.0:2026-11-01');
    assert.deepEqual(made.releases, [{ version: '3.2.0', releasedOn: '2026-11-01' }]);
    const advisory = '2026-2@2026-11-03:>=3.0 <3.2.1:3.2.1:Drafts: shown to all';
    const { advisories, releases } = await json(
      ...['update', 'holes', '--advisory', advisory, '--release', '3.2.0:2026-11-02', '--release', '3.2.1:2026-11-03'],
    );
    const { title, affected, fixedIn, publishedAt } = advisories[0];
    assert.deepEqual(
      [title, affected, fixedIn, publishedAt],
      ['Drafts: shown to all', '>=3.0 <3.2.1', '3.2.1', '2026-11-03'],
    );
    assert.deepEqual(releases, [
      { version: '3.2.0', releasedOn: '2026-11-02' },
      { version: '3.2.1', releasedOn: '2026-11-03' },
    ]);
    assert.match((await run('show', 'holes')).stdout, /advisories +2026-2 \(>=3.0 <3.2.1\): Drafts: shown to all/);
    const without = await json('update', 'holes', '--remove-advisory', '2026-2', '--remove-release', '3.2.0');
    assert.deepEqual([without.advisories, without.releases.length], [[], 1]);
    await latest.db.collection('projects').updateOne({ slug: 'holes' }, { $unset: { releases: 1, advisories: 1 } });
    const { releases: none, advisories: noneEither } = await json('show', 'holes');
    assert.deepEqual([none, noneEither], [[], []]);
  });

  it('archives a project, and takes it back', async () => {
    assert.equal((await json('archive', 'my-forms')).archived, true);
    assert.equal((await json('archive', 'my-forms', '--undo')).archived, false);
  });

  it('prints a table for a person', async () => {
    const { stdout } = await run('list');
    assert.match(stdout, /^SLUG +NAME +TYPE +HASH/);
    assert.match(stdout, /my-forms +Forms +plugin +[0-9a-f-]{36}/);
  });

  for (const { title, args, variables, says, exitCode } of [
    { title: 'no such project', args: ['show', 'nobody'], says: /no project has the hash or slug nobody/, exitCode: 1 },
    {
      title: 'a reason that is not there',
      args: ['update', 'my-forms', '--remove-reason', 'x'],
      says: /has no reason x/,
      exitCode: 1,
    },
    { title: 'nothing to change', args: ['update', 'my-forms'], says: /nothing to change/, exitCode: 2 },
    { title: 'an unknown command', args: ['bogus'], says: /unknown command/, exitCode: 2 },
    { title: 'an unknown option', args: ['list', '--bogus'], says: /unknown option/, exitCode: 2 },
    { title: 'a missing option', args: ['create'], says: /--name/, exitCode: 2 },
    { title: 'a field of no type', args: [...NEW, '--custom-field', 'a:int'], says: /KEY:TYPE/, exitCode: 2 },
    { title: 'a mail cap of none', args: [...NEW, '--mail-cap', '0'], says: /at least 1/, exitCode: 2 },
    { title: 'a mail cap in words', args: [...NEW, '--mail-cap', 'many'], says: /expected a number/, exitCode: 2 },
    { title: 'a release without a day', args: [...NEW, '--release', '3.2.0'], says: /VERSION:DAY/, exitCode: 2 },
    {
      title: 'a day that there is not',
      args: [...NEW, '--release', '3.2.0:2026-02-30'],
      says: /releases: 0: releasedOn must be a day that there is/,
      exitCode: 2,
    },
    {
      title: 'an advisory that affects no range',
      args: [...NEW, '--advisory', 'a:3.2.1:3.2.2:Hole'],
      says: /advisories: a: affected must be like/,
      exitCode: 2,
    },
    { title: 'half an advisory', args: [...NEW, '--advisory', 'a:<3.2.1'], says: /AFFECTED:FIXED-IN/, exitCode: 2 },
    { title: 'a wrong hash', args: [...NEW, '--hash', 'x'], says: /hash must be a UUID/, exitCode: 2 },
    { title: 'no MongoDB', args: ['list'], variables: { MONGODB_URI: '' }, says: /MONGODB_URI/, exitCode: 2 },
  ])
    it(`ends with ${exitCode} on ${title}, and says so on standard error`, async () => {
      const result = await capturedRun(['projects', ...args], { ...env, ...variables });
      assert.equal(result.exitCode, exitCode);
      assert.match(result.stderr, says);
      assert.equal(result.stdout, '');
    });
});

describe('sitebeat', () => {
  for (const args of [
    ['--help'],
    ['projects', 'create', '--help'],
    ['setup', '--help'],
    ['erase', '--help'],
    ['show-site', '--help'],
  ])
    it(`${args.join(' ')} helps, and needs no system for that`, async () => {
      const { exitCode, stdout } = await capturedRun(args, { MONGODB_URI: '', GOOGLE_CLOUD_PROJECT: '' });
      assert.equal(exitCode, 0);
      assert.match(stdout, /^Usage: sitebeat/);
    });

  it('runs as a program: results on standard output, the exit code for its caller', async () => {
    const runs = [
      ['projects', 'list', '--json'],
      ['cost', '--bogus'],
    ];
    const [done, usage] = await Promise.all(runs.map((args) => capturedProcess(args)));
    assert.deepEqual([done?.exitCode, usage?.exitCode], [0, 2]);
    assert.ok(Array.isArray(JSON.parse(done?.stdout ?? '')));
    assert.deepEqual([done?.stderr, usage?.stdout], ['', '']);
  });
});
