import assert from 'node:assert/strict';
import type { JsonObject } from '../event/envelope.ts';
import { capturedEvent, TEST_PROJECT } from '../testing/events.ts';
import { interpret, type Meaning } from './interpret.ts';

const URL = 'https://old.example/blog/';
/** What every client since 1.0 says of a server; an old PHP wrote its floats with the locale's comma. */
const SERVER = {
  software: 'Apache/2.4.29',
  php_version: '5.6.40',
  mysql_version: '5.5.5',
  php_max_upload_size: '1,5 МБ',
  php_soap: 'No',
};
const WP = { memory_limit: '40M', debug_mode: 'No', locale: 'de_DE', version: '5.2.4', multisite: 'No' };

/** Bodies as the client's releases build them, made by hand from its public source. */
const BODIES: {
  title: string;
  kind: 'track' | 'deactivate';
  theme?: true;
  payload: JsonObject;
  values: JsonObject;
  reason?: [string | null, string | null];
}[] = [
  {
    title: '1.0 track: version and theme at the top, no counts of skips, roles with 0',
    kind: 'track',
    payload: {
      url: URL,
      site: 'Old &amp; wise',
      admin_email: 'a@old.example',
      hash: TEST_PROJECT.hash,
      server: SERVER,
      wp: WP,
      users: { total: '2', administrator: '2', editor: '0' },
      active_plugins: '4,5',
      inactive_plugins: '0',
      theme: 'twentynineteen',
      version: '1.0.3',
    },
    values: {
      name: 'Old & wise',
      project_version: '1.0.3',
      theme_slug: 'twentynineteen',
      php_max_upload_bytes: 1_572_864,
      users_by_role: { administrator: 2, editor: 0 },
      active_plugins: 4,
      admin_email: 'a@old.example',
    },
  },
  {
    title: '1.0 deactivate: no users, no counts, no version, no theme, and the e-mail of whoever clicked',
    kind: 'deactivate',
    payload: {
      url: URL,
      site: 'Old',
      admin_email: 'a@old.example',
      user_email: 'me@old.example',
      first_name: 'Me',
      hash: TEST_PROJECT.hash,
      server: SERVER,
      wp: WP,
      reason_id: 'is-not-working',
      reason_info: 'broken',
    },
    values: { name: 'Old', wp_minor: '5.2' },
    reason: ['is-not-working', 'is-not-working'],
  },
  {
    title: '1.1.11 deactivate of a theme: says none where there is no dialogue',
    kind: 'deactivate',
    theme: true,
    payload: {
      url: URL,
      site: 'Old',
      hash: TEST_PROJECT.hash,
      server: SERVER,
      wp: WP,
      theme: 'mine',
      version: '2.0',
      reason_id: 'none',
      reason_info: 'none',
    },
    values: { theme_slug: 'mine', project_version: '2.0' },
    reason: [null, 'none'],
  },
  {
    title: '1.1.12 track: project_version and wp.theme_slug, still no is_local',
    kind: 'track',
    payload: {
      url: URL,
      site: 'Old',
      hash: TEST_PROJECT.hash,
      server: SERVER,
      wp: { ...WP, theme_slug: 'astra' },
      project_version: '3.0',
      tracking_skipped: '1',
    },
    values: { theme_slug: 'astra', project_version: '3.0', tracking_skipped: true },
  },
  {
    title: '1.2.1 track: names itself 1.2.0',
    kind: 'track',
    payload: {
      url: URL,
      site: 'Old',
      hash: TEST_PROJECT.hash,
      server: SERVER,
      wp: WP,
      project_version: '3.0',
      tracking_skipped: '',
      is_local: '1',
      client: '1.2.0',
    },
    values: { client_version: '1.2.0', tracking_skipped: false, is_local: true },
  },
  {
    title: '2.0.5 track: names itself 2.0.4, numeric plugin slugs',
    kind: 'track',
    payload: {
      url: URL,
      site: 'New',
      hash: TEST_PROJECT.hash,
      server: { ...SERVER, php_version: '8.3.1', mysql_version: '10.6.20' },
      wp: WP,
      project_version: '4.0',
      client: '2.0.4',
      plugins: { '404': { name: '404', version: '1' } },
    },
    values: {
      client_version: '2.0.4',
      database: 'MariaDB 10.6',
      plugins: [{ slug: '404', name: '404', version: '1' }],
    },
  },
];

describe('clients in the field', () => {
  for (const { title, kind, theme, payload, values, reason } of BODIES) {
    it(title, () => {
      const project = { ...TEST_PROJECT, type: theme ? ('theme' as const) : ('plugin' as const) };
      const meaning: Meaning = interpret(capturedEvent(kind, { only: payload, userAgent: null }), { project });
      assert.equal(meaning.rejection, undefined);
      assert.equal(meaning.report?.site, 'old.example/blog');
      assert.equal(meaning.report?.environment, 'production');
      assert.deepEqual(meaning.report?.castErrors, []);
      assert.equal(meaning.report?.additional, null);
      for (const [column, value] of Object.entries(values))
        assert.deepEqual(meaning.report?.values[column], value, column);
      if (reason) assert.deepEqual([meaning.deactivation?.reasonId, meaning.deactivation?.reasonSent], reason);
      if (kind === 'deactivate') assert.doesNotMatch(JSON.stringify(meaning), /a@old|me@old|"Me"/);
    });
  }

  it('hides its MariaDB under an old PHP: the database is unknown, the raw version is kept', () => {
    const only = { url: URL, hash: TEST_PROJECT.hash, server: SERVER };
    const { report } = interpret(capturedEvent('track', { only }), { project: TEST_PROJECT });
    assert.equal(report?.values.database, undefined);
    assert.equal(report?.values.mysql_version, '5.5.5');
  });

  it('is_local alone makes no site a local one', () => {
    const payload = { is_local: '1' };
    assert.equal(
      interpret(capturedEvent('track', { payload }), { project: TEST_PROJECT }).report?.environment,
      'production',
    );
  });
});
