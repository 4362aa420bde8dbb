import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TEST_PROJECT } from '../../shared/testing/events.ts';
import type { ProjectCall } from './call.ts';
import { exportFile } from './export.ts';
import { respond } from './respond.ts';

const MIB = 2 ** 20;
const PAGES = 64;
/** More than a connection of this machine holds on its way. */
const MOST_AHEAD = 24 * MIB;

describe('a file', () => {
  it('is read from the store no faster than its client takes it', async () => {
    let read = 0;
    async function* pages() {
      for (let page = 0; page < PAGES; page += 1) {
        read += MIB;
        yield [{ text: 'x'.repeat(MIB) }];
      }
    }
    const stores = { audits: { append: async () => {} } };
    const call = { project: TEST_PROJECT, identity: {}, query: new URLSearchParams(), now: new Date(), stores };
    const columns = [{ name: 'text', value: ({ text }: { text: string }) => text }];
    const file = { resource: 'texts', format: 'ndjson', columns, pages: pages() } as const;
    const server = createServer(async (request, response) => {
      await respond(request, response, await exportFile(call as unknown as ProjectCall, file));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const { body } = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      let [taken, ahead] = [0, 0];
      for await (const chunk of body ?? []) {
        ahead = Math.max(ahead, read - taken);
        taken += chunk.length;
      }
      assert.ok(taken > PAGES * MIB && ahead < MOST_AHEAD, `${taken} bytes, ${ahead} ahead of the client`);
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });
});
