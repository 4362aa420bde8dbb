import { Agent, type ClientRequest, type OutgoingHttpHeaders, request as requestHttp } from 'node:http';
import { pushToken } from './push-token.ts';
import type { Consumer, Delivery, Subscription } from './subscription.ts';

/** The final statuses that acknowledge. The service's list has 102 too: an interim status, after which the final one counts. */
const ACKNOWLEDGED = new Set([200, 201, 202, 204]);
/** A subscription starts with so many pushes at a time: a cold function is not met by a crowd. */
const START_IN_FLIGHT = 2;
const MAX_IN_FLIGHT = 100;
/** Once one push at a time still fails, the subscription rests: from the first pause, doubling, to the last. */
const FIRST_PAUSE_MS = 100;
/** The service goes up to 60 s; somebody who restarts a function on a laptop should not wait that long. */
const LAST_PAUSE_MS = 5_000;
/** The Functions Framework closes idle connections after 5 s; staying well below avoids a race with it. */
const KEEP_ALIVE_MS = 2_000;

/** How a push ended: says it to the owner of the acknowledgements. */
export type Settle = (subscription: Subscription, ackId: string, acknowledged: boolean) => void;

/** Pushes to HTTP endpoints, all over the same kept-alive connections. */
export interface Pusher {
  /** Begins or goes on with pushing this subscription to its current endpoint, or stops if it has none. */
  attach(subscription: Subscription): void;
  /** Begins no new push, waits for those in flight, at most this long, and closes all connections. */
  stop(deadlineMs: number): Promise<void>;
}

export function createPusher(settle: Settle): Pusher {
  const agent = new Agent({ keepAlive: true, timeout: KEEP_ALIVE_MS });
  const endpoints = new Set<Endpoint>();
  let stopped = false;
  return {
    attach(subscription) {
      for (const endpoint of endpoints) {
        if (endpoint.pushes(subscription)) endpoint.end();
        if (endpoint.isDone) endpoints.delete(endpoint);
      }
      if (stopped || !subscription.config.pushConfig.pushEndpoint) return;
      const endpoint = new Endpoint(subscription, agent, settle);
      endpoints.add(endpoint);
      subscription.addConsumer(endpoint);
    },
    async stop(deadlineMs) {
      stopped = true;
      for (const endpoint of endpoints) endpoint.end();
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise((resolve) => {
        timer = setTimeout(resolve, deadlineMs);
      });
      await Promise.race([late, Promise.all([...endpoints].map((endpoint) => endpoint.done()))]);
      clearTimeout(timer);
      for (const endpoint of endpoints) endpoint.abandon();
      agent.destroy();
    },
  };
}

/** One subscription's pushes to one push configuration; a changed configuration gets a new one. */
class Endpoint implements Consumer {
  #subscription: Subscription;
  #url: URL;
  #agent: Agent;
  #settle: Settle;
  #config: Subscription['config']['pushConfig'];
  #inFlight = new Map<Delivery, ClientRequest>();
  #allowed = START_IN_FLIGHT;
  #pauseMs = 0;
  #pause: NodeJS.Timeout | undefined;
  #ended = false;
  #whenDone: (() => void)[] = [];

  constructor(subscription: Subscription, agent: Agent, settle: Settle) {
    this.#subscription = subscription;
    this.#config = subscription.config.pushConfig;
    this.#url = new URL(this.#config.pushEndpoint ?? '');
    this.#agent = agent;
    this.#settle = settle;
  }

  pushes(subscription: Subscription): boolean {
    return this.#subscription === subscription;
  }

  get isDone(): boolean {
    return this.#ended && this.#inFlight.size === 0;
  }

  hasRoom(): boolean {
    return !this.#ended && this.#pause === undefined && this.#inFlight.size < this.#allowed;
  }

  ackDeadlineMs(): number {
    return this.#subscription.config.ackDeadlineSeconds * 1000;
  }

  deliver(delivery: Delivery): void {
    const body = pushBody(delivery, this.#subscription);
    const headers: OutgoingHttpHeaders = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      accept: 'application/json',
      'user-agent': 'CloudPubSub-Google',
    };
    const { oidcToken, pushEndpoint = '' } = this.#config;
    if (oidcToken) headers.authorization = `Bearer ${pushToken(oidcToken, pushEndpoint, Date.now())}`;
    const request = requestHttp(this.#url, { method: 'POST', headers, agent: this.#agent });
    this.#inFlight.set(delivery, request);
    request.on('response', (response) => {
      response.on('error', () => {});
      response.resume();
      this.#finish(delivery, ACKNOWLEDGED.has(response.statusCode ?? 0));
    });
    request.on('error', () => this.#finish(delivery, false));
    request.end(body);
  }

  flush(): void {}

  /** When this comes before the answer, time ran out or the message is gone: nobody waits for the answer any more. */
  settled(delivery: Delivery): void {
    const request = this.#inFlight.get(delivery);
    if (request === undefined) return;
    this.#forget(delivery);
    request.destroy();
    this.#slowDown();
  }

  end(): void {
    this.#ended = true;
    clearTimeout(this.#pause);
    this.#subscription.removeConsumer(this);
  }

  /** Resolves once nothing is in flight. */
  done(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#inFlight.size === 0) resolve();
      else this.#whenDone.push(resolve);
    });
  }

  /** Breaks off what is in flight; the messages come again after the next start. */
  abandon(): void {
    const requests = [...this.#inFlight.values()];
    this.#inFlight.clear();
    for (const request of requests) request.destroy();
  }

  #finish(delivery: Delivery, acknowledged: boolean): void {
    // an error may follow the answer, or a deadline that has settled it
    if (!this.#inFlight.has(delivery)) return;
    if (acknowledged) this.#speedUp();
    else this.#slowDown();
    this.#forget(delivery);
    this.#settle(this.#subscription, delivery.ackId, acknowledged);
  }

  #forget(delivery: Delivery): void {
    this.#inFlight.delete(delivery);
    if (this.#inFlight.size > 0) return;
    for (const resolve of this.#whenDone.splice(0)) resolve();
  }

  #speedUp(): void {
    this.#pauseMs = 0;
    this.#allowed = Math.min(this.#allowed + 1, MAX_IN_FLIGHT);
  }

  #slowDown(): void {
    if (this.#allowed > 1) {
      this.#allowed = Math.floor(this.#allowed / 2);
      return;
    }
    if (this.#ended || this.#pause !== undefined) return;
    this.#pauseMs = Math.min(this.#pauseMs * 2 || FIRST_PAUSE_MS, LAST_PAUSE_MS);
    this.#pause = setTimeout(() => {
      this.#pause = undefined;
      this.#subscription.schedule();
    }, this.#pauseMs);
  }
}

/** The body as the service writes it; what is empty is left out. */
function pushBody({ message, attempt }: Delivery, { config }: Subscription): string {
  const { id, data, attributes } = message;
  const publishTime = new Date(message.publishedAt).toISOString();
  return JSON.stringify({
    message: {
      ...(Object.keys(attributes).length > 0 && { attributes }),
      ...(data !== '' && { data }),
      messageId: id,
      message_id: id,
      publishTime,
      publish_time: publishTime,
    },
    subscription: config.name,
    ...(config.deadLetterPolicy && { deliveryAttempt: attempt }),
  });
}
