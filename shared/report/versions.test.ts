import assert from 'node:assert/strict';
import fc from 'fast-check';
import { compareVersions, databaseVersion, minorVersion, versionKey, webServer } from './versions.ts';

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

/** The order of forms that the manual gives, `#` standing for a number. */
const MANUAL = [['dev'], ['alpha', 'a'], ['beta', 'b'], ['RC', 'rc'], ['#'], ['pl', 'p']];

/** By the words of PHP's manual, for versions of letters, digits, dots and `-_+` that begin with a letter or digit. */
function compareByManual(a: string, b: string): number {
  const elements = (version: string) =>
    version
      .replace(/[-_+]/g, '.')
      .replace(/(\d)([a-z])/gi, '$1.$2')
      .replace(/([a-z])(\d)/gi, '$1.$2')
      .replace(/\.+/g, '.')
      .split('.');
  const place = (element: string) => MANUAL.findIndex((forms) => forms.some((form) => element.startsWith(form)));
  const [ours, theirs] = [elements(a), elements(b)];
  for (let index = 0; index < Math.max(ours.length, theirs.length); index += 1) {
    const [one, other] = [ours[index], theirs[index]];
    const numbers = [one, other].map((element) => /^\d/.test(element ?? ''));
    if (numbers[0] && numbers[1]) {
      if (BigInt(one as string) !== BigInt(other as string))
        return BigInt(one as string) < BigInt(other as string) ? -1 : 1;
    } else if (one === undefined || other === undefined) {
      if (numbers[0] || numbers[1]) return one === undefined ? -1 : 1;
      const sign = Math.sign(place((one ?? other) as string) - place('#'));
      if (sign !== 0) return one === undefined ? -sign : sign;
    } else {
      const sign = Math.sign(place(numbers[0] ? '#' : one) - place(numbers[1] ? '#' : other));
      if (sign !== 0) return sign;
    }
  }
  return 0;
}

describe('compareVersions', () => {
  // PHP's own test, ext/standard/tests/versioning/version_compare.phpt, and examples of its manual
  const forms = [['-dev'], ['a1', 'alpha1'], ['b1', 'beta1'], ['RC1', 'rc1'], [''], ['pl1', 'p1']];
  for (const [place, older] of forms.entries())
    for (const [otherPlace, newer] of forms.entries())
      for (const form of older)
        for (const other of newer)
          it(`1.0${form} beside 1.0${other}`, () =>
            assert.equal(compareVersions(`1.0${form}`, `1.0${other}`), Math.sign(place - otherPlace)));

  for (const [a, b, sign] of [
    ['1', '2', -1],
    ['10', '2', 1],
    ['1.0', '1.1', -1],
    ['1.2', '1.0.1', 1],
    ['1.2(message)', '1.2(message)', 0],
    ['5.2', '5.10', -1],
    ['5.2.0', '5.2', 1],
    ['5.2', '5.2.foo', 1],
    ['4.3.2RC1', '4.3.2.RC.1', 0],
    ['1.2+3', '1.2-3', 0],
    ['01.002', '1.2', 0],
    ['8.2.36-1+deb12u1', '8.2.36', 1],
    ['', '0', -1],
    ['trunk', '0.1', -1],
    ['1.', '1', -1],
    ['.1', '0.1', -1],
    ['99999999999999999999', '9223372036854775807', 0],
  ] as const)
    it(`${a} beside ${b}`, () => {
      assert.equal(compareVersions(a, b), sign);
      assert.equal(compareVersions(b, a), sign === 0 ? 0 : -sign);
    });

  const word = fc.constantFrom('dev', 'alpha', 'a', 'beta', 'b', 'RC', 'rc', 'pl', 'p', 'x', 'Alpha', 'd', 'al', 'pre');
  const part = fc.oneof(fc.nat(12).map(String), fc.nat(10 ** 9).map(String), fc.constantFrom('00', '007'), word);
  const usual = fc
    .tuple(part, fc.array(fc.tuple(fc.constantFrom('.', '-', '_', '+', ''), part), { maxLength: 5 }))
    .map(([first, rest]) => first + rest.flat().join(''));
  const hostile = fc.oneof(
    usual,
    fc.string({ maxLength: 100, unit: 'grapheme' }),
    fc.string({
      maxLength: 100,
      unit: fc.constantFrom('0', '1', '9', '.', '-', '~', '#', 'a', 'p', 'é', ' ', '\u0000'),
    }),
  );

  it('is the order that the manual describes', () =>
    fc.assert(
      fc.property(usual, usual, (a, b) => compareVersions(a, b) === compareByManual(a, b)),
      { numRuns: 2000 },
    ));

  it('is an order of any texts: a version is as itself, and what lies between lies between', () =>
    fc.assert(
      fc.property(hostile, hostile, hostile, (a, b, c) => {
        const [least, middle, most] = [a, b, c].sort(compareVersions) as [string, string, string];
        assert.equal(compareVersions(a, a), 0);
        assert.equal(compareVersions(a, b) + compareVersions(b, a), 0);
        assert.ok(compareVersions(least, middle) <= 0 && compareVersions(middle, most) <= 0);
        assert.ok(compareVersions(least, most) <= 0);
      }),
    ));

  it('is that of keys, which are short and plain, whatever a version is', () =>
    fc.assert(
      fc.property(hostile, hostile, (a, b) => {
        const keys = [versionKey(a), versionKey(b)] as const;
        assert.match(keys[0], /^[0-9a-z]*$/);
        assert.ok(keys[0].length <= 2 * a.length + 2);
        assert.equal(Math.sign(Buffer.compare(Buffer.from(keys[0]), Buffer.from(keys[1]))), compareVersions(a, b));
      }),
    ));
});
