import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { freePort, placeOf } from './free-port.ts';

describe('freePort', () => {
  it('gives no port twice, and none that a connection may be given before its server starts', async () => {
    const ports = new Set<number>();
    for (let count = 0; count < 40; count += 1) ports.add(await freePort());
    assert.equal(ports.size, 40);
    assert.ok(Math.max(...ports) < firstOfConnections());
  });

  it('leaves out a port that is taken', async () => {
    const taken = (await freePort()) + 1;
    const server = createServer().listen(taken, '127.0.0.1');
    await once(server, 'listening');
    try {
      assert.notEqual(await freePort(), taken);
    } finally {
      server.close();
    }
  });

  it('begins elsewhere in each of many processes', () => {
    const places = Array.from({ length: 300 }, (_, index) => placeOf(40_000 + index)).sort((a, b) => a - b);
    const gaps = places.map((place, index) => place - (places[index - 1] ?? -Infinity));
    assert.ok(Math.min(...gaps) >= 16, `${Math.min(...gaps)} apart`);
  });
});

function firstOfConnections(): number {
  try {
    return Number(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split(/\s/)[0]);
  } catch {
    return 49_152;
  }
}
