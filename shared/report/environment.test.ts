import assert from 'node:assert/strict';
import fc from 'fast-check';
import { environmentOf } from './environment.ts';
import { EPHEMERAL_HOSTS, LOCAL_HOSTS, STAGING_HOSTS } from './hosts.ts';

describe('environmentOf', () => {
  for (const [site, environment] of [
    ['shop.example.org', 'production'],
    ['shop.example.org/blog', 'production'],
    ['shop.example.org/staging', 'production'],
    ['dev.example', 'production'],
    ['stage.co.uk', 'production'],
    ['preview.com.br', 'production'],
    ['dev.com.au', 'production'],
    ['test.co.nz', 'production'],
    ['staging-agency.co.uk', 'production'],
    ['shop-staging.com', 'production'],
    ['test.github.io', 'production'],
    ['cyclone.example.org', 'production'],
    ['clones.example.org', 'production'],
    ['stage-lighting.example.org', 'production'],
    ['203.0.113.9', 'production'],
    ['172.32.0.1', 'production'],
    ['[2001:db8::1]', 'production'],
    ['wpengine.com.example.org', 'production'],
    ['notwpengine.com', 'production'],
    ['wordpress.net', 'production'],
    ['staging.stage.co.uk', 'staging'],
    ['staging.shop.example.org', 'staging'],
    ['shop.staging.example.org', 'staging'],
    ['dev2.shop.example.org', 'staging'],
    ['staging7.shop.co.uk', 'staging'],
    ['staging-shop.example.org', 'staging'],
    ['shop-staging.example.org', 'staging'],
    ['shop-staging2.example.org', 'staging'],
    ['clone.example.org', 'staging'],
    ['clone3.example.org', 'staging'],
    ['clone-shop.example.org', 'staging'],
    ['shop-clone.example.org', 'staging'],
    ['mysite.wpengine.com', 'staging'],
    ['dev-mysite.pantheonsite.io', 'staging'],
    ['mysite.wpcomstaging.com', 'staging'],
    ['abc123-staging.onrocket.site', 'staging'],
    ['u123.sg-host.com', 'staging'],
    ['mysite-dev.10web.site', 'staging'],
    ['mysite.10web.site', 'production'],
    ['box5.temp.domains/~bob', 'staging'],
    ['playground.wordpress.net/scope:0.8235711', 'ephemeral'],
    ['happyshop.s2-tastewp.com', 'ephemeral'],
    ['a1.instawp.xyz', 'ephemeral'],
    ['a1.wpsandbox.pro', 'ephemeral'],
    ['0a1b.ngrok-free.app', 'local'],
    ['a-b-c.trycloudflare.com', 'local'],
    ['abc.loca.lt', 'local'],
    ['bob.pagekite.me', 'local'],
    ['abc-8080.app.github.dev', 'local'],
    ['8080-abc.ws-eu1.gitpod.io', 'local'],
    ['abc.webcontainer.io', 'local'],
    ['localhost', 'local'],
    ['localhost:8080/wp', 'local'],
    ['shop.local', 'local'],
    ['shop.test', 'local'],
    ['127.0.0.1', 'local'],
    ['0.0.0.0:8000', 'local'],
    ['192.168.1.5:8000', 'local'],
    ['100.64.3.2', 'local'],
    ['[::1]:8080', 'local'],
    ['[fd00::5]', 'local'],
    ['[::ffff:7f00:1]', 'local'],
    ['intranet', 'local'],
  ] as const)
    it(`${site} is ${environment}`, () => assert.equal(environmentOf(site), environment));

  for (const [site, software, environment] of [
    ['demo.example.org', 'PHP.wasm', 'ephemeral'],
    ['demo.example.org', 'php.wasm/8.3', 'ephemeral'],
    ['staging.example.org', 'PHP.wasm', 'ephemeral'],
    ['localhost:8881', 'PHP.wasm', 'local'],
    ['demo.example.org', 'nginx/1.24 (not PHP.wasm)', 'production'],
    ['demo.example.org', { software: 'PHP.wasm' }, 'production'],
  ] as const)
    it(`${site} on ${JSON.stringify(software)} is ${environment}`, () =>
      assert.equal(environmentOf(site, software), environment));

  it('takes the mark of a registered domain for a name, under every kind of suffix', () =>
    fc.assert(
      fc.property(
        fc.constantFrom('staging', 'stage', 'dev', 'test', 'preview', 'clone', 'shop-staging', 'staging-shop'),
        fc.constantFrom('com', 'co.uk', 'com.au', 'com.br', 'co.nz', 'de', 'github.io', 'example'),
        (name, suffix) => {
          assert.equal(environmentOf(`${name}.${suffix}`), 'production');
          assert.equal(environmentOf(`${name}.shop.${suffix}`), 'staging');
        },
      ),
    ));
});

describe('the hosts', () => {
  const RULES = { ephemeral: EPHEMERAL_HOSTS, local: LOCAL_HOSTS, staging: STAGING_HOSTS };

  for (const [environment, rules] of Object.entries(RULES))
    it(`are ${environment} as their line says, and each line says who says so`, () => {
      for (const { hosts, source } of rules) {
        assert.notEqual(source, '');
        for (const suffix of hosts) assert.equal(environmentOf(`shop${suffix}`), environment, suffix);
      }
    });

  it('stand in one line each', () => {
    const all = Object.values(RULES).flatMap((rules) => rules.flatMap(({ hosts }) => hosts));
    assert.deepEqual(
      all.filter((host, index) => all.indexOf(host) !== index),
      [],
    );
  });
});
