import assert from 'node:assert/strict';
import fc from 'fast-check';
import { capturedEvent } from '../testing/events.ts';
import { eventAddresses, networkAddress } from './country.ts';

describe('eventAddresses', () => {
  const addresses = (ip_address: unknown) => eventAddresses(capturedEvent('track', { payload: { ip_address } }));

  for (const { title, ip, first } of [
    { title: 'prefers what the site says of itself', ip: '203.0.113.9', first: '203.0.113.9' },
    { title: 'reads an IPv4 address in IPv6 form', ip: '::ffff:203.0.113.9', first: '203.0.113.9' },
    { title: 'takes the sender where the site says nothing', ip: '', first: '198.51.100.7' },
    { title: 'takes the sender where the site says a private address', ip: '192.168.1.5', first: '198.51.100.7' },
    { title: 'takes the sender where the site says nonsense', ip: '999.1.1.1', first: '198.51.100.7' },
    { title: 'takes the sender where the site says a bare number', ip: '12345', first: '198.51.100.7' },
    { title: 'takes the sender where the site says an object', ip: {}, first: '198.51.100.7' },
  ])
    it(title, () => assert.equal(addresses(ip)[0], first));
});

describe('networkAddress', () => {
  for (const [address, network] of [
    ['203.0.113.9', '203.0.113.0'],
    ['2001:db8:1:2::3', '2001:db8:1::'],
  ] as const)
    it(`${address} is in ${network}`, () => assert.equal(networkAddress(address), network));

  it('is idempotent', () =>
    fc.assert(
      fc.property(
        fc.oneof(fc.ipV4(), fc.ipV6()),
        (address) => networkAddress(networkAddress(address)) === networkAddress(address),
      ),
    ));
});
