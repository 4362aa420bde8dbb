import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Flows, net, optInRate } from './flows.ts';

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
      }),
    ));
});

describe('optInRate', () => {
  it('is of first answers', () => {
    assert.equal(optInRate(380, 620).share, 0.38);
    assert.equal(optInRate(0, 0).share, null);
  });
});
