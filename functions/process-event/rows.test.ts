import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { parseExactJson } from '../../shared/event/exact-json.ts';
import { camelCase, GROUPS } from '../../shared/report/fields.ts';
import { interpret } from '../../shared/report/interpret.ts';
import type { Row } from '../../shared/stores/history/history.ts';
import { capturedEvent, TEST_PROJECT } from '../../shared/testing/events.ts';
import { deactivationRow, siteRow, trackingSkipRow } from './rows.ts';

interface Column {
  name: string;
  type: string;
  mode: string;
}

function columnsOf(table: string): Column[] {
  const file = new URL(`../../schemas/bigquery/${table}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')).schema.fields;
}

const TYPES: Record<string, string> = { STRING: 'string', TIMESTAMP: 'string', INTEGER: 'number', BOOLEAN: 'boolean' };

function assertFits(row: Row, table: string): void {
  const columns = columnsOf(table);
  for (const { name, type, mode } of columns) {
    const value = row[name] ?? null;
    if (mode === 'REQUIRED') assert.notEqual(value, null, `${name} is required`);
    if (mode === 'REPEATED') assert.ok(value === null || Array.isArray(value), name);
    else if (value !== null) assert.equal(typeof value, TYPES[type], name);
  }
  const names = new Set(columns.map(({ name }) => name));
  assert.deepEqual(
    Object.keys(row).filter((name) => !names.has(name)),
    [],
    'columns that the table lacks',
  );
}

const NOW = '2026-03-09T07:05:08.000Z';

describe('rows', () => {
  const known = { project: TEST_PROJECT };
  const full = capturedEvent('track', { payload: { plugins: { woo: { name: 'Woo', version: '9' } }, novelty: 1 } });

  it('a report fits the table sites', () => {
    const { report } = interpret(full, known);
    assert.ok(report);
    assertFits(siteRow(report, NOW), 'sites');
  });

  it('what no field reads keeps its numbers as they were sent', () => {
    const licence = '{"id":12345678901234567890,"rate":1.10}';
    const { report } = interpret(capturedEvent('track', { payload: { licence: parseExactJson(licence) } }), known);
    assert.ok(report);
    assert.equal(siteRow(report, NOW).additional, `{"licence":${licence}}`);
  });

  it('a deactivation fits the table deactivations', () => {
    const { deactivation } = interpret(capturedEvent('deactivate'), known);
    assert.ok(deactivation);
    assertFits(deactivationRow(deactivation, NOW), 'deactivations');
  });

  it('an opt-out fits the table tracking_skips', () => {
    const { optOut } = interpret(capturedEvent('tracking-skipped'), known);
    assert.ok(optOut);
    assertFits(trackingSkipRow(optOut, NOW), 'tracking_skips');
  });

  it('every field of a report has its column', () => {
    const columns = new Set(columnsOf('sites').map(({ name }) => camelCase(name)));
    const missing = [...GROUPS.values()].flat().filter((field) => !columns.has(field));
    assert.deepEqual(missing, []);
  });
});
