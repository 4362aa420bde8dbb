import assert from 'node:assert/strict';
import { openCountries } from './countries.ts';

describe('openCountries', () => {
  const countryOf = openCountries();
  for (const [address, country] of [
    ['81.2.69.142', 'GB'],
    ['131.188.0.1', 'DE'],
    ['2001:200::1', 'JP'],
    ['203.0.113.9', null],
  ] as const)
    it(`${address} is in ${country}`, () => assert.equal(countryOf(address), country));
});
