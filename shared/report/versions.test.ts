import assert from 'node:assert/strict';
import fc from 'fast-check';
import { databaseVersion, minorVersion, webServer } from './versions.ts';

describe('minorVersion', () => {
  for (const [version, minor] of [
    ['8.2.36', '8.2'],
    ['8.2.36-1+deb12u1', '8.2'],
    ['6.8', '6.8'],
    ['7', '7'],
    ['v1.2.3', '1.2'],
    ['6.5-alpha-57000', '6.5'],
    ['8.0.', '8.0'],
    ['10.0.99999', '10.0'],
    ['000.1', null],
    ['0.1', '0.1'],
    ['08.2', null],
    ['8.02', null],
    ['8.2.3.4', null],
    ['5.7.44.1-48', null],
    ['123456.1', null],
    ['8.123456', null],
    ['8.2.123456', null],
    [`${'9'.repeat(40)}.1`, null],
    [`1.${'9'.repeat(40)}`, null],
    ['-8.2', null],
    ['trunk', null],
    ['', null],
    [null, null],
  ] as const)
    it(`${version} is ${minor}`, () => assert.equal(minorVersion(version), minor));

  const number = fc.nat(99_999);

  it('is the first two of up to three numbers, whatever a distribution writes behind them', () =>
    fc.assert(
      fc.property(
        number,
        number,
        number,
        fc.constantFrom('', '-1+deb12u1', '~rc1', '-MariaDB'),
        (one, two, three, rest) => {
          assert.equal(minorVersion(`${one}.${two}.${three}${rest}`), `${one}.${two}`);
          assert.equal(minorVersion(`${one}.${two}.${three}.${one}${rest}`), null);
        },
      ),
    ));

  it('is never longer than two numbers of five digits', () =>
    fc.assert(
      fc.property(fc.stringMatching(/^v?[\d.]{1,60}/), (text) =>
        assert.match(minorVersion(text) ?? '1', /^\d{1,5}(\.\d{1,5})?$/),
      ),
    ));
});

describe('databaseVersion', () => {
  for (const [version, php, database] of [
    ['10.11.19', '8.2.36', 'MariaDB 10.11'],
    ['11.4.4', '8.2.36', 'MariaDB 11.4'],
    ['8.0.40', '8.2.36', 'MySQL 8.0'],
    ['5.7.44', '7.4.33', 'MySQL 5.7'],
    ['5.5.5', '8.0.15', null],
    ['5.5.5', '7.4.33', null],
    ['5.5.5', null, null],
    ['5.5.5', `${'9'.repeat(40)}.1`, null],
    ['000.1', '8.2.36', null],
    ['5.5.5', '8.0.16', 'MySQL 5.5'],
    ['5.5.62', '7.4.33', 'MySQL 5.5'],
    [null, '8.2.36', null],
  ] as const)
    it(`${version} under PHP ${php} is ${database}`, () => assert.equal(databaseVersion(version, php), database));
});

describe('webServer', () => {
  for (const [software, product] of [
    ['nginx/1.24.0', 'nginx'],
    ['Apache/2.4.62 (Debian)', 'Apache'],
    ['Apache', 'Apache'],
    ['LiteSpeed', 'LiteSpeed'],
    ['Microsoft-IIS/10.0', 'IIS'],
    ['PHP 8.2.0 Development Server', 'PHP'],
    ['', null],
    [null, null],
  ] as const)
    it(`${software} is ${product}`, () => assert.equal(webServer(software), product));
});
