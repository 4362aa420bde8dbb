import assert from 'node:assert/strict';
import { isAffected, isVersionRange } from './advisories.ts';

describe('isAffected', () => {
  for (const { affected, version, is } of [
    { affected: '<3.2.1', version: '3.2.0', is: true },
    { affected: '<3.2.1', version: '3.2.1', is: false },
    { affected: '<3.2.1', version: '3.2.1-beta2', is: true },
    { affected: '<3.10', version: '3.9', is: true },
    { affected: '>=3.0 <3.2.1', version: '2.9', is: false },
    { affected: '>=3.0 <3.2.1', version: '3.0', is: true },
    { affected: '>3.0 <=3.2.1', version: '3.0', is: false },
    { affected: '>3.0 <=3.2.1', version: '3.2.1', is: true },
    { affected: '=2.0.4', version: '2.0.4', is: true },
    { affected: '=2.0.4', version: '2.0.5', is: false },
    { affected: 'all', version: '2.0.5', is: false },
  ])
    it(`${affected} ${is ? 'has' : 'has not'} ${version}`, () => assert.equal(isAffected(version, { affected }), is));
});

describe('isVersionRange', () => {
  for (const { text, is } of [
    { text: '<3.2.1', is: true },
    { text: '>=3.0 <3.2.1', is: true },
    { text: '3.2.1', is: false },
    { text: '< 3.2.1', is: false },
    { text: '', is: false },
  ])
    it(`${is ? 'takes' : 'refuses'} ${JSON.stringify(text)}`, () => assert.equal(isVersionRange(text), is));
});
