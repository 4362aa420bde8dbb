import assert from 'node:assert/strict';
import fc from 'fast-check';
import { capturedEvent } from '../testing/events.ts';
import { eventAddresses, networkAddress, publicAddress, storedAddress } from './country.ts';

/** 203.0.113.9 in every way that an IPv6 address can be made of it. */
const SPELLINGS_OF_IPV4 = {
  '6to4': '2002:cb00:7109::1',
  Teredo: '2001:0:4136:e378:8000:63bf:34ff:8ef6',
  ISATAP: '2001:db8:1:2:0:5efe:203.0.113.9',
  'ISATAP with the bit for a unique address': '2001:db8:1:2:200:5efe:cb00:7109',
  'ISATAP on a link': 'fe80::5efe:203.0.113.9',
  NAT64: '64:ff9b::203.0.113.9',
  'NAT64 of an own network': '64:ff9b:1:abcd::203.0.113.9',
  'NAT64 of an own network, after its 48 bits': '64:ff9b:1:cb00:71:900::',
  'IPv4-compatible': '::203.0.113.9',
  'IPv4-mapped': '::ffff:203.0.113.9',
  'IPv4-translated': '::ffff:0:203.0.113.9',
  'IPv4-mapped with a zone': '::ffff:cb00:7109%eth0',
};

describe('eventAddresses', () => {
  const addresses = (ip_address: unknown) => eventAddresses(capturedEvent('track', { payload: { ip_address } }));

  for (const { title, ip, first } of [
    { title: 'prefers what the site says of itself', ip: '203.0.113.9', first: '203.0.113.9' },
    { title: 'takes the sender where the site says nothing', ip: '', first: '198.51.100.7' },
    { title: 'takes the sender where the site says a private address', ip: '192.168.1.5', first: '198.51.100.7' },
    { title: 'takes the sender where the site says nonsense', ip: '999.1.1.1', first: '198.51.100.7' },
    { title: 'takes the sender where the site says a bare number', ip: '12345', first: '198.51.100.7' },
    { title: 'takes the sender where the site says an object', ip: {}, first: '198.51.100.7' },
  ])
    it(title, () => assert.equal(addresses(ip)[0], first));

  for (const [title, ip] of Object.entries(SPELLINGS_OF_IPV4))
    it(`reads the IPv4 address within IPv6: ${title}`, () => assert.equal(addresses(ip)[0], '203.0.113.9'));
});

describe('publicAddress', () => {
  for (const [address, known] of [
    ['2001:db8::1', '2001:db8::1'],
    ['2001:db8::1%eth0', '2001:db8::1'],
    ['2001:db8:1:2:0:5efe:10.0.0.5', '2001:db8:1:2:0:5efe:a00:5'],
    ['2002:0a00:0005::1', undefined],
    ['2001:0:4136:e378:8000:63bf:f5ff:fffa', undefined],
    ['64:ff9b::192.168.1.5', undefined],
    ['::10.0.0.5', undefined],
    ['::ffff:127.0.0.1', undefined],
    ['fe80::1%eth0', undefined],
    ['fec0::1', undefined],
    ['fd12::1', undefined],
    ['ff02::1', undefined],
    ['::1', undefined],
    ['::', undefined],
    ['100.64.0.1', undefined],
    ['010.1.1.1', undefined],
  ] as const)
    it(`${address} is ${known ?? 'none'}`, () => assert.equal(publicAddress(address), known));
});

describe('networkAddress', () => {
  for (const [address, network] of [
    ['203.0.113.9', '203.0.113.0'],
    ['2001:db8:1:2::3', '2001:db8:1::'],
    ['2001:db8:1:2::3%eth0', '2001:db8:1::'],
    ['2001:db8:1:2:0:5efe:10.0.0.5', '2001:db8:1::'],
    ['2002:c0a8:0105::1', '192.168.1.0'],
  ] as const)
    it(`${address} is in ${network}`, () => assert.equal(networkAddress(address), network));

  for (const [title, address] of Object.entries(SPELLINGS_OF_IPV4))
    it(`cuts the IPv4 address within IPv6: ${title}`, () => assert.equal(networkAddress(address), '203.0.113.0'));

  it('tells at most 24 bits of an IPv4 address, in whatever way it is written as IPv6', () =>
    fc.assert(
      fc.property(
        fc.ipV4(),
        fc.nat(255),
        fc.constantFrom('64:ff9b::', '::ffff:', '2001:db8::5efe:'),
        (ip, last, way) => {
          const bytes = ip.split('.').map(Number) as [number, number, number, number];
          fc.pre(publicAddress(ip) !== undefined && bytes[0] < 224);
          const neighbour = [...bytes.slice(0, 3), last].join('.');
          assert.equal(networkAddress(`${way}${ip}`), networkAddress(`${way}${neighbour}`));
          assert.equal(networkAddress(`${way}${ip}`), networkAddress(ip));
          const sixToFour = (last: number) =>
            `2002:${((bytes[0] << 8) | bytes[1]).toString(16)}:${((bytes[2] << 8) | last).toString(16)}::1`;
          assert.equal(networkAddress(sixToFour(bytes[3])), networkAddress(sixToFour(last)));
        },
      ),
    ));

  it('is idempotent', () =>
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), fc.constantFrom(...Object.values(SPELLINGS_OF_IPV4))), (address) => {
        const network = networkAddress(address);
        assert.equal(networkAddress(network), network);
      }),
    ));
});

describe('storedAddress', () => {
  for (const { title, kind, keepFullIp, ip, stored } of [
    { title: 'is the network', kind: 'track', keepFullIp: false, ip: '203.0.113.9', stored: '203.0.113.0' },
    { title: 'is whole where asked for', kind: 'track', keepFullIp: true, ip: '203.0.113.9', stored: '203.0.113.9' },
    { title: 'has no zone', kind: 'track', keepFullIp: true, ip: '2001:db8::1%eth0', stored: '2001:db8::1' },
    {
      title: 'is never whole of a deactivation, which nobody agreed to',
      kind: 'deactivate',
      keepFullIp: true,
      ip: '203.0.113.9',
      stored: '203.0.113.0',
    },
    {
      title: 'is a 6to4 network no more',
      kind: 'track',
      keepFullIp: false,
      ip: '2002:cb00:7109::1',
      stored: '203.0.113.0',
    },
  ] as const)
    it(title, () =>
      assert.equal(storedAddress(capturedEvent(kind, { payload: { ip_address: ip } }), { keepFullIp }), stored),
    );
});
