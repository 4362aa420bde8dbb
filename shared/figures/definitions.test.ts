import assert from 'node:assert/strict';
import * as definitions from './definitions.ts';

const { AGE_BANDS, COHORT_DAYS, FIRST_COHORT_DAY, RETENTION_AGES, RELEASE_ALERT, definition } = definitions;

describe('definitions', () => {
  it('gives every age one band', () => {
    assert.equal(AGE_BANDS[0].fromDay, 0);
    for (const [index, { name, toDay }] of AGE_BANDS.entries()) {
      const next = AGE_BANDS[index + 1];
      assert.equal(toDay, next === undefined ? null : next.fromDay - 1, name);
    }
  });

  it('begins cohorts on a Monday, and reads them at whole cohorts', () => {
    assert.equal(new Date(`${FIRST_COHORT_DAY}T00:00:00Z`).getUTCDay(), 1);
    for (const age of RETENTION_AGES) assert.equal(age % COHORT_DAYS, 0);
  });

  it('looks at a release in the order of days', () =>
    assert.deepEqual(
      [...RELEASE_ALERT.lookDays].sort((a, b) => a - b),
      RELEASE_ALERT.lookDays,
    ));

  for (const [id, text] of Object.entries(definition)) {
    it(`says what ${id} is in whole, short sentences of the page's words`, () => {
      assert.match(text, /^[A-Z].*\.$/);
      assert.ok(text.length <= 340, `${text.length} characters`);
      assert.doesNotMatch(text, /\busers?\b|\blost\b|\bbecause of\b|undefined|NaN|\d\.\d{6}/i);
    });
  }
});
