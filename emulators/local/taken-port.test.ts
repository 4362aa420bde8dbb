import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startBigQuery } from '../bigquery/index.ts';
import { listen, type StartEmulator } from '../emulator.ts';
import { startMail } from '../mail/index.ts';
import { startMongodb } from '../mongodb/index.ts';
import { startPubsub } from '../pubsub/index.ts';
import { startStorage } from '../storage/index.ts';

/** Where Linux tells which files this process has open; other systems have no such place. */
const OPEN_FILES = '/proc/self/fd';

const openFiles = (folder: string): string[] =>
  readdirSync(OPEN_FILES).flatMap((name) => {
    try {
      const path = readlinkSync(join(OPEN_FILES, name));
      return path.startsWith(folder) ? [path] : [];
    } catch {
      // closed by now
      return [];
    }
  });

describe('an emulator whose port is taken', () => {
  const other: Server = createServer();
  let port: number;
  let dataDir: string;
  before(async () => {
    port = await listen(other);
  });
  after(() => new Promise((resolve) => other.close(resolve)));
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'taken-'));
  });
  afterEach(() => rmSync(dataDir, { recursive: true }));

  const emulators: Record<string, StartEmulator> = {
    bigquery: startBigQuery,
    mail: startMail,
    mongodb: startMongodb,
    pubsub: startPubsub,
    storage: startStorage,
  };
  for (const [name, start] of Object.entries(emulators))
    it(`says so, and leaves no file open: ${name}`, async function () {
      if (!existsSync(OPEN_FILES)) this.skip();
      await assert.rejects(start({ port, dataDir }), { message: `port ${port} is already in use; choose another one` });
      assert.notDeepEqual(readdirSync(dataDir), [], 'it has opened something');
      assert.deepEqual(openFiles(dataDir), []);
    });
});
