import assert from 'node:assert/strict';
import { bars, sparkline } from './plots.ts';

describe('sparkline', () => {
  for (const { title, values, partialFrom, line } of [
    { title: 'goes from 0 to the highest', values: [0, 4, 8], partialFrom: 3, line: '▁▅█' },
    { title: 'leaves out what is not known', values: [8, null, 8], partialFrom: 3, line: '█ █' },
    { title: 'sets today apart', values: [8, 8, 4], partialFrom: 2, line: '██┄▅' },
    { title: 'is flat where there is nothing', values: [0, 0], partialFrom: 2, line: '▁▁' },
    {
      title: 'shows the means of many',
      values: Array(120).fill(0).fill(6, 60),
      partialFrom: 120,
      line: '▁'.repeat(30) + '█'.repeat(30),
    },
  ])
    it(title, () => assert.equal(sparkline(values, partialFrom), line));
});

describe('bars', () => {
  it('are as long as the counts, and at least one', () =>
    assert.deepEqual(
      bars([
        ['8.2', 80],
        ['old', 1],
      ]),
      [`  8.2  ${'█'.repeat(40)} 80`, '  old  █ 1'],
    ));
  it('do not let a name steer the terminal', () =>
    assert.deepEqual(bars([['a\u001b[2J', 1]]), [`  a [2J  ${'█'.repeat(40)} 1`]));
});
