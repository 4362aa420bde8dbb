import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type EmulatorOptions, listen, runAlone, type StartEmulator } from '../emulator.ts';
import { openJournal } from '../journal.ts';
import { Mailbox, type TakenRecord } from './mailbox.ts';
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
  const restored: TakenRecord[] = [];
  const file = dataDir === undefined ? undefined : join(dataDir, 'taken.jsonl');
  const journal = await openJournal<TakenRecord>(file, (record) => restored.push(record));
  const mailboxes = new Map<string, Mailbox>();
  const mailboxOf = (path: string) => {
    const mailbox = mailboxes.get(path) ?? new Mailbox(path, journal);
    mailboxes.set(path, mailbox);
    return mailbox;
  };
  for (const record of restored) mailboxOf(record.mailbox).restore(record);
  const { server, stop } = createMailServer(mailboxOf, secret);
  const url = await listen(server, port).then(
    (bound) => `http://127.0.0.1:${bound}/subscribers`,
    async (error) => {
      await journal.close();
      throw error;
    },
  );
  return {
    url,
    env: { MAIL_API_URL: url },
    stop: async () => {
      await stop();
      await journal.close();
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
