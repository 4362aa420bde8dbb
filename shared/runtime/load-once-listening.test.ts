import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { until } from '../testing/until.ts';
import { loadOnceListening } from './load-once-listening.ts';

describe('loadOnceListening', () => {
  it('loads once a server listens, and once', async () => {
    let loads = 0;
    const load = loadOnceListening(async () => {
      loads += 1;
      return loads;
    });
    assert.equal(loads, 0);
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    await until(() => loads > 0, { what: 'the load' });
    assert.deepEqual(await Promise.all([load(), load()]), [1, 1]);
    assert.equal(loads, 1);
    server.close();
  });

  it('loads at the first use where nothing listens', async () => {
    const load = loadOnceListening(async () => 'loaded');
    assert.equal(await load(), 'loaded');
  });
});
