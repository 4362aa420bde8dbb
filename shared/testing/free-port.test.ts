import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { freePort } from './free-port.ts';

const MODULE = new URL('free-port.ts', import.meta.url).href;

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

  it('gives two processes different ones', async () => {
    const script = `import { freePort } from '${MODULE}'; console.log(await freePort())`;
    const other = execFileSync(process.execPath, ['--import', 'tsx/esm', '--input-type=module', '-e', script]);
    assert.ok(Math.abs(Number(other) - (await freePort())) >= 16);
  });
});

function firstOfConnections(): number {
  try {
    return Number(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split(/\s/)[0]);
  } catch {
    return 49_152;
  }
}
