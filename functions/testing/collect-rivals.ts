import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { http, type Request } from '@google-cloud/functions-framework';
import { Storage } from '@google-cloud/storage';

// what collect is measured against: the same payload to the same place, without its care

const bucket = process.env.ARCHIVE_BUCKET ?? '';

function objectOf({ body }: Request): { name: string; text: string } {
  const id = randomUUID();
  const receivedAt = new Date().toISOString();
  const text = JSON.stringify({ id, kind: 'track', receivedAt, payload: body });
  return { name: `track/${receivedAt.slice(0, 13).replace(/[-T]/g, '/')}/${id}.json`, text };
}

const files = new Storage().bucket(bucket);
http('naive', async (asked, response) => {
  const { name, text } = objectOf(asked);
  await files.file(name).save(text, { resumable: false, contentType: 'application/json' });
  response.json({ success: true });
});

const agent = new Agent({ keepAlive: true });
http('bare', async (asked, response) => {
  const { name, text } = objectOf(asked);
  const query = new URLSearchParams({ uploadType: 'media', name, ifGenerationMatch: '0' });
  const url = `${process.env.STORAGE_EMULATOR_HOST}/upload/storage/v1/b/${bucket}/o?${query}`;
  const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) };
  const status = await new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', agent, headers }, (answer) => {
      answer.resume();
      answer.once('end', () => resolve(answer.statusCode));
    });
    sent.once('error', reject);
    sent.end(text);
  });
  response.status(status === 200 ? 200 : 503).json({ success: status === 200 });
});

http('nothing', (_asked, response) => {
  response.json({ success: true });
});
