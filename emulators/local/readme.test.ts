import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { routes as bigQueryRoutes } from '../bigquery/routes.ts';
import { functionNames } from '../bigquery/sql/calls.ts';
import { statements } from '../bigquery/sql/translate.ts';
import { MAIL_METHODS } from '../mail/server.ts';
import { supported } from '../mongodb/supported.ts';
import { PUBLISHER_METHODS, SUBSCRIBER_METHODS } from '../pubsub/methods.ts';
import { ROUTES } from '../storage/routes.ts';

const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

/** The names in a row of a service's table. */
function namesIn(service: string, row: string): string[] {
  const section = README.split(/^## /m).find((part) => part.startsWith(`${service}\n`)) ?? '';
  const line = section.split('\n').find((one) => one.startsWith(`| ${row} * |`)) ?? '';
  return [...line.matchAll(/`([^`]+)`/g)].map(([, name]) => name as string);
}

describe('emulators/README.md', () => {
  for (const [service, row, names] of [
    ['Cloud Storage', 'routes', Object.keys(ROUTES)],
    ['Pub/Sub', 'publisher', PUBLISHER_METHODS],
    ['Pub/Sub', 'subscriber', SUBSCRIBER_METHODS],
    ['BigQuery', 'routes', bigQueryRoutes.map(([method, path]) => `${method} ${path}`)],
    ['BigQuery', 'statements', statements],
    ['BigQuery', 'functions', functionNames],
    ['MongoDB', 'commands', supported.commands],
    ['MongoDB', 'filter operators', supported.filterOperators],
    ['MongoDB', 'update operators', supported.updateOperators],
    ['MongoDB', 'stages', supported.stages],
    ['MongoDB', 'index options', supported.indexOptions],
    ['Mail API', 'methods', MAIL_METHODS],
  ] as [string, string, readonly string[]][])
    it(`lists the ${row} of ${service} as they are`, () => assert.deepEqual(namesIn(service, row), [...names]));
});
