import assert from 'node:assert/strict';
import { environmentOf } from './environment.ts';

describe('environmentOf', () => {
  for (const [site, environment] of [
    ['shop.example.org', 'production'],
    ['shop.example.org/blog', 'production'],
    ['dev.example', 'production'],
    ['test.org', 'production'],
    ['203.0.113.9', 'production'],
    ['staging.shop.example.org', 'staging'],
    ['dev2.shop.example.org', 'staging'],
    ['mysite.wpengine.com', 'staging'],
    ['wpengine.com.example.org', 'production'],
    ['localhost', 'local'],
    ['localhost:8080/wp', 'local'],
    ['shop.local', 'local'],
    ['shop.test', 'local'],
    ['127.0.0.1', 'local'],
    ['192.168.1.5:8000', 'local'],
    ['172.32.0.1', 'production'],
    ['[::1]:8080', 'local'],
    ['[2001:db8::1]', 'production'],
    ['intranet', 'local'],
  ] as const)
    it(`${site} is ${environment}`, () => assert.equal(environmentOf(site), environment));
});
