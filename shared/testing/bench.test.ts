import assert from 'node:assert/strict';
import fc from 'fast-check';
import { compare, isReached, median, percentile, renderResult } from './bench.ts';

const numbers = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1, maxLength: 50 });

describe('compare', () => {
  it('measures in turn, warms up first, and gives the median of each figure', async () => {
    const order: string[] = [];
    const contender = (name: string, values: number[]) => async () => {
      order.push(name);
      return { ms: values.shift() ?? 0 };
    };
    const medians = await compare(
      { a: contender('a', [99, 1, 9, 2]), b: contender('b', [99, 5, 3, 4]) },
      { rounds: 3 },
    );
    assert.deepEqual(medians, { a: { ms: 2 }, b: { ms: 4 } });
    assert.equal(order.join(''), 'abababab');
  });
});

describe('median and percentile', () => {
  it('has as many below as above', () =>
    fc.assert(
      fc.property(numbers, (values) => {
        const middle = median(values);
        const [below, above] = [values.filter((value) => value < middle), values.filter((value) => value > middle)];
        return below.length <= values.length / 2 && above.length <= values.length / 2;
      }),
    ));

  it('has no less than the share below or at it', () =>
    fc.assert(
      fc.property(numbers, fc.double({ min: 0, max: 1, noNaN: true }), (values, share) => {
        const limit = percentile(values, share);
        return values.includes(limit) && values.filter((value) => value <= limit).length >= values.length * share;
      }),
    ));
});

describe('a result', () => {
  const ratio = { what: 'fast / slow, req/s', value: 1.5 };

  for (const { title, wanted, reached } of [
    { title: 'without a wish', wanted: {}, reached: true },
    { title: 'that is enough', wanted: { atLeast: 1.5 }, reached: true },
    { title: 'that is too little', wanted: { atLeast: 2 }, reached: false },
    { title: 'that is too much', wanted: { atMost: 1 }, reached: false },
  ])
    it(`tells a ratio ${title}`, () => {
      assert.equal(isReached({ ...ratio, ...wanted }), reached);
      const text = renderResult({ figures: { fast: { 'req/s': 300 } }, ratios: [{ ...ratio, ...wanted }] });
      assert.match(text, /fast\s+300/);
      assert.match(text, /fast \/ slow, req\/s\s+1\.50/);
      assert.equal(text.includes('NOT REACHED'), !reached);
    });
});
