import { readFileSync } from 'node:fs';
import { parse } from 'node:querystring';
import type { JsonObject, StoredEvent } from '../event/envelope.ts';
import type { Kind } from '../event/object-name.ts';
import type { Project } from '../project/project.ts';

/** The project of the captured payloads. */
export const TEST_PROJECT: Project = {
  hash: 'a4a8da5b-b419-4656-98e9-4a42e9044891',
  name: 'Test',
  slug: 'test',
  type: 'plugin',
  customFields: [
    { key: 'plan', type: 'string', label: 'Plan' },
    { key: 'forms_count', type: 'number', label: 'Forms' },
    { key: 'a.b', type: 'string', label: 'Dots' },
  ],
  reasons: [{ id: 'too-slow', label: 'Too slow' }],
  mailIntegrations: [],
  mailCapPerHour: 200,
  keepFullIp: false,
  archived: false,
  access: [],
  releases: [],
  advisories: [],
};

export interface EventOptions {
  id?: string;
  receivedAt?: string;
  userAgent?: string | null;
  /** Fields put over the captured ones; undefined takes one away. */
  payload?: JsonObject;
  /** The payload instead of the captured one. */
  only?: JsonObject;
}

/** The captured event of a kind, as collect stores it, varied. */
export function capturedEvent(kind: Kind, options: EventOptions = {}): StoredEvent {
  const file = new URL(`../../schemas/payloads/${kind}.json`, import.meta.url);
  const { headers, body } = JSON.parse(readFileSync(file, 'utf8'));
  const payload = options.only ?? { ...nested(body), ...options.payload };
  return {
    id: options.id ?? `${kind}-event-1`,
    kind,
    receivedAt: options.receivedAt ?? '2026-03-09T07:05:06.789Z',
    userAgent: options.userAgent === undefined ? headers['user-agent'] : options.userAgent,
    contentType: headers['content-type'],
    senderAddress: '198.51.100.7',
    payload: Object.fromEntries(Object.entries(payload).filter(([, value]) => value !== undefined)),
  };
}

/** The captured bodies nest once: `server[php_version]`. */
function nested(body: string): JsonObject {
  const payload: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(parse(body))) {
    const [, parent, child] = /^(\w+)\[(.*)\]$/.exec(key) ?? [];
    if (parent === undefined || child === undefined) payload[key] = value;
    else payload[parent] = { ...(payload[parent] as JsonObject | undefined), [child]: value };
  }
  return payload;
}
