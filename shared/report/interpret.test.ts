import assert from 'node:assert/strict';
import fc from 'fast-check';
import { KINDS } from '../event/object-name.ts';
import { capturedEvent, TEST_PROJECT } from '../testing/events.ts';
import { interpret } from './interpret.ts';

const known = { project: TEST_PROJECT };

describe('interpret', () => {
  it('reads the captured report', () => {
    const { report, deactivation, optOut, rejection } = interpret(capturedEvent('track'), { ...known, country: 'DE' });
    assert.deepEqual([deactivation, optOut, rejection], [undefined, undefined, undefined]);
    assert.equal(report?.site, 'shop.example.org');
    assert.equal(report?.environment, 'production');
    assert.equal(report?.urlMd5, '6ea0a65d4dee544e5e0f4ff88b2e1c30');
    assert.deepEqual(report?.values, {
      url: 'https://shop.example.org',
      name: 'Bob\'s "Café" & Söhne 商店',
      admin_email: 'admin@example.org',
      first_name: 'admin',
      server_software: 'nginx/1.24.0',
      web_server: 'nginx',
      php_version: '8.2.36',
      php_minor: '8.2',
      mysql_version: '10.11.19',
      database: 'MariaDB 10.11',
      php_max_upload_bytes: 2 * 1024 ** 2,
      php_timezone: 'UTC',
      php_soap: false,
      php_fsockopen: true,
      php_curl: true,
      wp_version: '6.1.9',
      wp_minor: '6.1',
      wp_memory_limit_bytes: 64 * 1024 ** 2,
      wp_debug_mode: false,
      locale: 'en_US',
      multisite: false,
      theme_slug: 'twentytwentythree',
      theme_name: 'Twenty Twenty-Three',
      theme_version: '1.0',
      theme_uri: 'https://wordpress.org/themes/twentytwentythree',
      theme_author: 'the WordPress team',
      users_total: 1,
      users_by_role: { administrator: 1 },
      active_plugins: 1,
      inactive_plugins: 1,
      project_version: '3.2.1',
      tracking_skipped: false,
      is_local: false,
      client_version: '2.0.4',
      ip_address: '203.0.113.0',
      country: 'DE',
      fingerprint: report?.values.fingerprint,
    });
    assert.deepEqual(report?.customFields, { plan: 'pro', forms_count: 12, 'a.b': 'dots' });
    assert.deepEqual([report?.additional, report?.castErrors], [null, []]);
  });

  it('keeps a whole address only where the project asks for it', () => {
    const project = { ...TEST_PROJECT, keepFullIp: true };
    assert.equal(interpret(capturedEvent('track'), { project }).report?.values.ip_address, '203.0.113.9');
    // which asks nobody for consent
    assert.equal(interpret(capturedEvent('deactivate'), { project }).report?.values.ip_address, '203.0.113.0');
  });

  it('reads the captured deactivation as a report without its personal fields, and a reason', () => {
    const { report, deactivation } = interpret(capturedEvent('deactivate'), known);
    assert.equal(report?.kind, 'deactivate');
    for (const column of ['admin_email', 'first_name', 'last_name']) assert.equal(report?.values[column], undefined);
    assert.equal(deactivation?.reasonId, 'found-better-plugin');
    assert.equal(deactivation?.reasonInfo, 'switched to “X”');
    assert.equal(deactivation?.projectVersion, '3.2.1');
  });

  it('reads the captured opt-out', () => {
    const { optOut } = interpret(capturedEvent('tracking-skipped'), known);
    assert.equal(optOut?.urlMd5, '6ea0a65d4dee544e5e0f4ff88b2e1c30');
    assert.equal(optOut?.previouslySkipped, false);
    assert.equal(optOut?.clientVersion, '2.0.4');
  });

  for (const { title, payload, attribution, reason, field } of [
    { title: 'a hash that no project has', payload: {}, attribution: {}, reason: 'unknown_project', field: 'hash' },
    {
      title: 'no hash and an unknown md5',
      payload: { hash: undefined },
      attribution: {},
      reason: 'no_project',
      field: 'hash',
    },
    {
      title: 'an archived project',
      payload: {},
      attribution: { project: { ...TEST_PROJECT, archived: true } },
      reason: 'archived_project',
      field: 'hash',
    },
    { title: 'no url', payload: { url: undefined }, attribution: known, reason: 'no_site', field: 'url' },
    {
      title: 'a url that is none',
      payload: { url: 'not a url' },
      attribution: known,
      reason: 'invalid_url',
      field: 'url',
    },
    { title: 'a url that is no text', payload: { url: { a: 1 } }, attribution: known, reason: 'no_site', field: 'url' },
  ])
    it(`rejects ${title}`, () => {
      const { rejection, ...rest } = interpret(capturedEvent('track', { payload }), attribution);
      assert.deepEqual(rest, {});
      assert.equal(rejection?.reason, reason);
      assert.equal(rejection?.field, field);
      assert.equal(rejection?.objectName, 'track/2026/03/09/07/track-event-1.json');
    });

  it('counts a reason that the project does not list as unlisted, and keeps what was sent', () => {
    const { deactivation } = interpret(capturedEvent('deactivate', { payload: { reason_id: 'renamed' } }), known);
    assert.deepEqual([deactivation?.reasonId, deactivation?.reasonSent], ['unlisted', 'renamed']);
  });

  it("counts a theme's deactivation without a reason, also where an old client says none", () => {
    const theme = { project: { ...TEST_PROJECT, type: 'theme' as const } };
    for (const reason_id of [undefined, 'none']) {
      const { deactivation } = interpret(capturedEvent('deactivate', { payload: { reason_id } }), theme);
      assert.equal(deactivation?.reasonId, null);
    }
  });

  it('reads a deactivation of client 1.2.3, which says its reason alone, for the site that the md5 stands for', () => {
    const event = capturedEvent('deactivate', { only: { reason_id: 'other', reason_info: '', client: '1.2.0' } });
    const { report, deactivation } = interpret(event, { ...known, site: 'shop.example.org' });
    assert.equal(report, undefined);
    assert.equal(deactivation?.site, 'shop.example.org');
    assert.equal(deactivation?.reasonId, 'other');
  });

  it('reads clients before 1.1.12', () => {
    const only = {
      hash: TEST_PROJECT.hash,
      url: 'http://old.example',
      theme: 'twentynineteen',
      version: '1.4.0',
      user_email: 'a@b.example',
    };
    const { report } = interpret(capturedEvent('track', { only }), known);
    assert.equal(report?.values.theme_slug, 'twentynineteen');
    assert.equal(report?.values.project_version, '1.4.0');
    assert.equal(report?.values.tracking_skipped, undefined);
    assert.equal(report?.additional, null);
  });

  it('keeps unknown fields, and names what it could not cast without losing the report', () => {
    const payload = { server: { php_version: '8.1.0', gpu: 'none' }, active_plugins: 'many', novelty: { deep: [1] } };
    const { report } = interpret(capturedEvent('track', { payload }), known);
    assert.deepEqual(report?.additional, { server: { gpu: 'none' }, novelty: { deep: [1] } });
    assert.deepEqual(report?.castErrors, ['active_plugins']);
    assert.equal(report?.values.php_minor, '8.1');
  });

  it('lets no password, token or session of the url out of the archive', () => {
    const url = 'https://editor:s3cretpw@a.example/wp;jsessionid=0A1B/?token=abc#top';
    for (const kind of ['track', 'deactivate'] as const) {
      const payload = {
        url,
        wp: { theme_uri: url },
        site: `Shop ${url}`,
        reason_info: url,
        novelty: url,
        extra: { plan: url },
      };
      const { report, ...rest } = interpret(capturedEvent(kind, { payload }), known);
      assert.equal(report?.values.url, 'https://a.example/wp');
      assert.equal(report?.values.theme_uri, 'https://a.example/wp');
      const { customFields, ...others } = report ?? {};
      assert.doesNotMatch(JSON.stringify([report, rest]), /s3cretpw/);
      assert.doesNotMatch(
        JSON.stringify(kind === 'track' ? { ...others, values: { ...report?.values, name: '' } } : 0),
        /abc/,
      );
      // what an author asked for keeps its query: it can be the very thing
      assert.match(JSON.stringify(customFields), /token=abc/);
    }
  });

  it('takes a site of WordPress Playground for ephemeral by its software, on whatever host', () => {
    const payload = { url: 'https://demo.example.org/', server: { software: 'PHP.wasm' } };
    assert.equal(interpret(capturedEvent('track', { payload }), known).report?.environment, 'ephemeral');
  });

  it('keeps the network alone of a deactivation, also where whole addresses are kept', () => {
    const project = { ...TEST_PROJECT, keepFullIp: true };
    assert.equal(interpret(capturedEvent('deactivate'), { project }).report?.values.ip_address, '203.0.113.0');
  });

  it('keeps no unknown field of a deactivation, where it could say who a person is', () => {
    const payload = { email: 'me@old.example', wp: { admin_email: 'me@old.example' } };
    assert.doesNotMatch(JSON.stringify(interpret(capturedEvent('deactivate', { payload }), known)), /me@old/);
  });

  it('keeps unknown fields in a form that every store takes', () => {
    const { report } = interpret(capturedEvent('track', { payload: { odd: '\ud800', 'n\u0000l': 1 } }), known);
    assert.deepEqual(report?.additional, { odd: '\ufffd', nl: 1 });
  });

  it('lets no key of extra through that the project does not allow', () => {
    for (const kind of KINDS) {
      const meaning = interpret(capturedEvent(kind), known);
      assert.doesNotMatch(JSON.stringify(meaning), /not-whitelisted|\$where/);
    }
  });

  it('never throws, gives either a rejection or something to store, and the same each time', () =>
    fc.assert(
      fc.property(
        fc.constantFrom(...KINDS),
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.webUrl(),
        (kind, odd, url) => {
          const event = capturedEvent(kind, { only: { url, ...odd, hash: TEST_PROJECT.hash } });
          const meaning = interpret(event, known);
          const stored = [meaning.report, meaning.deactivation, meaning.optOut].filter(Boolean);
          assert.equal(meaning.rejection === undefined, stored.length > 0);
          const { field, message, projectHash } = meaning.rejection ?? {};
          for (const text of [field, message, projectHash]) assert.ok((text?.length ?? 0) <= 100);
          assert.deepEqual(interpret(event, known), meaning);
        },
      ),
    ));
});
