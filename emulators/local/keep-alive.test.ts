import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, get } from 'node:http';

/** What a client on a busy machine may take between two requests; Node's own server waits for 5 s. */
const LEAST_SECONDS = 60;
const HOSTS = ['STORAGE_EMULATOR_HOST', 'BIGQUERY_EMULATOR_HOST', 'MAIL_API_URL'];

describe('an embedded emulator that speaks HTTP', () => {
  const agent = new Agent({ keepAlive: true });
  after(() => agent.destroy());

  for (const name of HOSTS)
    it(`keeps a connection that a client will use again (${name})`, async function () {
      if (!process.env.SITEBEAT_EMBEDDED?.split(',').includes(name)) this.skip();
      const [response] = await once(get(process.env[name] as string, { agent }), 'response');
      response.resume();
      assert.ok(Number(/timeout=(\d+)/.exec(response.headers['keep-alive'])?.[1]) >= LEAST_SECONDS);
    });
});
