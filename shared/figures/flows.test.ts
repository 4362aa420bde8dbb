import assert from 'node:assert/strict';
import fc from 'fast-check';
import { atRisk, type Flows, net, optInRate, unexplained } from './flows.ts';

/** A site on two days: active or not, a copy or not. */
const site = fc.record({
  was: fc.constantFrom('absent', 'active', 'copy'),
  is: fc.constantFrom('absent', 'active', 'copy'),
  start: fc.constantFrom('new', 'reactivated', 'resumed'),
  end: fc.constantFrom('left', 'silent'),
});

describe('flows', () => {
  it('add up to net, copies set aside and counted again among them', () =>
    fc.assert(
      fc.property(fc.array(site, { maxLength: 40 }), (sites) => {
        const flows: Flows = {
          new: 0,
          reactivated: 0,
          resumed: 0,
          left: 0,
          silent: 0,
          copiesCounted: 0,
          copiesSetAside: 0,
        };
        for (const { was, is, start, end } of sites) {
          if (was === 'absent' && is === 'active') flows[start] += 1;
          if (was === 'active' && is === 'absent') flows[end] += 1;
          if (was === 'copy' && is === 'active') flows.copiesCounted += 1;
          if (was === 'active' && is === 'copy') flows.copiesSetAside += 1;
        }
        const before = sites.filter(({ was }) => was === 'active').length;
        const after = sites.filter(({ is }) => is === 'active').length;
        assert.equal(net(flows), after - before);
        assert.equal(unexplained(before, flows, after), 0);
        assert.equal(unexplained(before, flows, after + 3), 3);
      }),
    ));

  it('put at risk who was active and who came, also for a part of the day', () =>
    assert.equal(
      atRisk(100, { new: 3, reactivated: 2, resumed: 1, left: 9, silent: 9, copiesCounted: 9, copiesSetAside: 9 }),
      106,
    ));
});

describe('optInRate', () => {
  it('is of first answers', () => {
    assert.equal(optInRate(380, 620).share, 0.38);
    assert.equal(optInRate(0, 0).share, null);
  });
});
