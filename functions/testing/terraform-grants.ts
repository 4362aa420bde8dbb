import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { Mesh, MeshFunction } from '../mesh.ts';
import type { Resource } from './terraform-plan.ts';

const README = new URL('../../terraform/README.md', import.meta.url);

/** Every grant, whatever resource makes it: `who | on what | role`. */
export function grantsOf(resources: Resource[]): string[] {
  const called = new Map<string, string>();
  for (const { type, values } of resources) {
    if (type === 'google_service_account')
      for (const key of [values.member, values.name]) called.set(key, values.account_id);
    else if (values.id) called.set(values.id, values.secret_id ?? values.repository_id ?? values.name);
  }
  const agents: Record<string, string> = { 'gcp-sa-pubsub': 'Pub/Sub’s agent', 'gs-project': 'Cloud Storage’s agent' };
  const whoIs = (member: string) =>
    called.get(member) ?? Object.entries(agents).find(([part]) => member.includes(part))?.[1] ?? member;
  const targets: Record<string, (values: Resource['values']) => string> = {
    google_storage_bucket_iam_member: ({ bucket }) => `bucket ${bucket.replace('demo-project', 'PROJECT')}`,
    google_bigquery_dataset_iam_member: ({ dataset_id }) => `dataset ${dataset_id}`,
    google_bigquery_table_iam_member: ({ table_id }) => `table ${table_id}`,
    google_project_iam_member: ({ condition }) =>
      condition?.length > 0 ? 'buckets gcf-v2-sources-NUMBER-*' : 'project',
    google_secret_manager_secret_iam_member: ({ secret_id }) => `secret ${called.get(secret_id)}`,
    google_pubsub_topic_iam_member: ({ topic }) => `topic ${called.get(topic)}`,
    google_pubsub_subscription_iam_member: ({ subscription }) => `subscription ${called.get(subscription)}`,
    google_service_account_iam_member: ({ service_account_id }) => `account ${called.get(service_account_id)}`,
    google_artifact_registry_repository_iam_member: () => 'repository sitebeat-functions',
    google_cloud_run_v2_service_iam_binding: ({ name }) => `function ${name}`,
    google_cloud_run_v2_service_iam_member: ({ name }) => `function ${name}`,
  };
  return resources
    .filter(({ type }) => /_iam_(member|binding|policy|audit_config)$/.test(type))
    .flatMap(({ type, values }) => {
      const target = targets[type];
      assert.ok(target, `${type} grants something that the table cannot say`);
      const members: string[] = values.members ?? [values.member];
      return members.map(
        (member) => `${whoIs(member)} | ${target(values)} | ${values.role.replace('demo-project', 'PROJECT')}`,
      );
    })
    .sort();
}

/** The table in terraform/README.md, written out for a mesh, in the form of `grantsOf`. */
export function grantsOfTable(mesh: Mesh): string[] {
  const rows = readFileSync(README, 'utf8')
    .split(/^## /m)
    .find((section) => section.startsWith('Who may do what'))
    ?.split('\n')
    .filter((line) => line.startsWith('| '))
    .slice(2)
    .map((line) =>
      line
        .split('|')
        .slice(1, 5)
        .map((cell) => cell.replaceAll('`', '').trim()),
    );
  assert.ok(rows && rows.length > 0);
  const grants = rows.flatMap(([who = '', when = '', on, role]) =>
    when === 'always' ? [`${who} | ${on} | ${role}`] : mesh.functions.flatMap((fn) => row(fn, when, who, on, role)),
  );
  return [...new Set(grants)].sort();
}

function row(fn: MeshFunction, when: string, who: string, on = '', role = ''): string[] {
  const { http, objects, topic, schedule } = fn.trigger;
  const [before = '', isNamed] = when.split(/(?<=[.:])(T)$/);
  const granted = fn.access.filter((word) => (isNamed ? word.startsWith(before) : word === when));
  const conditions: Record<string, boolean> = {
    'a topic calls F': objects !== undefined || topic !== undefined,
    'a topic or a schedule calls F': objects !== undefined || topic !== undefined || schedule !== undefined,
    'F is public': http === 'public',
    'F is private HTTP': http === 'private',
  };
  const names = conditions[when] ? [''] : granted.map((word) => word.slice(before.length));
  return names.map((name) =>
    [who.replace('private_callers', 'group:team@example.com'), on, role]
      .join(' | ')
      .replace(/\bF\b/g, fn.name)
      .replace(/\bT\b/g, name),
  );
}
