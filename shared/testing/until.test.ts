import assert from 'node:assert/strict';
import { until } from './until.ts';

describe('until', () => {
  it('gives the first truthy value', async () => {
    let asked = 0;
    const askedOften = () => {
      asked += 1;
      return asked >= 3 && asked;
    };
    assert.equal(await until(askedOften), 3);
  });

  it('waits beyond its deadline while something moves', async () => {
    const startedAt = Date.now();
    const waited = () => Date.now() - startedAt;
    await until(
      (progress) => {
        progress(waited());
        return waited() > 200;
      },
      { deadlineMs: 50 },
    );
    assert.ok(waited() > 200);
  });

  for (const { title, sign } of [
    { title: 'that nothing notes', sign: undefined },
    { title: 'whose sign stays', sign: 7 },
  ])
    it(`gives up on a condition ${title}`, () =>
      assert.rejects(
        until((progress) => sign && void progress(sign), { deadlineMs: 20, what: 'the bus' }),
        /the bus: nothing moved for 20 ms/,
      ));

  it('gives up with the last error of what it asked', () =>
    assert.rejects(
      until(() => Promise.reject(new Error('no bus')), { deadlineMs: 20 }),
      /no bus/,
    ));
});
