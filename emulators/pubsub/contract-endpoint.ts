import { createServer, type IncomingHttpHeaders } from 'node:http';
import { listen } from '../emulator.ts';

/** The wrapped body of a push. */
export interface PushBody {
  message: {
    attributes?: Record<string, string>;
    data: string;
    messageId: string;
    publishTime: string;
    orderingKey?: string;
  };
  subscription: string;
  deliveryAttempt?: number;
}

export interface PushRequest {
  method: string | undefined;
  url: string | undefined;
  headers: IncomingHttpHeaders;
  body: PushBody;
}

/** An endpoint for tests, which keeps what was pushed to it. */
export interface PushEndpoint {
  url: string;
  requests: PushRequest[];
  /** The status of the next answer; 0 breaks the connection, a promise delays. */
  answer: (request: PushRequest) => number | Promise<number>;
  stop(): Promise<void>;
}

export async function startPushEndpoint(port = 0): Promise<PushEndpoint> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', async () => {
      const { method, url, headers } = request;
      const pushed = { method, url, headers, body: JSON.parse(Buffer.concat(chunks).toString()) };
      endpoint.requests.push(pushed);
      const status = await endpoint.answer(pushed);
      if (status === 0) request.socket.destroy();
      else response.writeHead(status, status === 301 ? { location: '/elsewhere' } : {}).end();
    });
  });
  const endpoint: PushEndpoint = {
    url: `http://127.0.0.1:${await listen(server, port)}`,
    requests: [],
    answer: () => 204,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return endpoint;
}
