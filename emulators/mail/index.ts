import { pathToFileURL } from 'node:url';
import { openDurable } from '../durable.ts';
import { closeServer, type EmulatorOptions, listen, runAlone, type StartEmulator } from '../emulator.ts';
import { openMailboxes } from './mailbox.ts';
import { createMailServer } from './server.ts';

export interface MailOptions extends EmulatorOptions {
  /** What POSTs are signed with; none: no signature is asked for. */
  secret?: string;
}

/**
 * The mail API that a subscriber is posted to, with nobody behind it: it keeps what would be sent, once for each
 * Idempotency-Key, for whoever GETs the same address.
 */
export const startMail: StartEmulator<MailOptions> = async ({ port, dataDir, secret } = {}) => {
  const durable = await openDurable(dataDir);
  const mailboxes = openMailboxes(durable);
  const { server, release } = createMailServer(mailboxes, secret);
  const url = `http://127.0.0.1:${await listen(server, port, () => durable.close())}/subscribers`;
  return {
    url,
    env: { MAIL_API_URL: url },
    stop: async () => {
      release();
      await closeServer(server);
      await durable.close();
    },
  };
};

const startAlone: StartEmulator = (options) => {
  const secret = process.env.MAIL_API_SECRET;
  return startMail({ ...options, ...(secret && { secret }) });
};

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await runAlone('mail', startAlone);
}
