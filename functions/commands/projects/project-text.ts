import { listKey, type Project } from '../../../shared/project/project.ts';
import { section, table } from '../terminal.ts';

export function listText(projects: Project[]): string {
  if (projects.length === 0) return 'no projects; sitebeat projects create makes one';
  const rows = projects.map(({ slug, name, type, hash, customFields, mailIntegrations, archived }) => {
    const lists = mailIntegrations.filter(({ enabled }) => enabled).length;
    return [slug, name, type, hash, customFields.length, lists, archived];
  });
  return table(['slug', 'name', 'type', 'hash', 'custom fields', 'mail lists', 'archived'], rows);
}

export function projectText(project: Project): string {
  return section([
    ['name', project.name],
    ['slug', project.slug],
    ['type', project.type],
    ['hash', project.hash],
    [
      'custom fields',
      project.customFields.map(
        ({ key, type, label, filterable }) => `${key} (${type}${filterable ? ', filterable' : ''}): ${label}`,
      ),
    ],
    ['reasons', project.reasons.map(({ id, label }) => `${id}: ${label}`)],
    ['mail', project.mailIntegrations.map((mail) => `${listKey(mail)}${mail.enabled ? '' : ' (off)'}`)],
    ['mail cap', `${project.mailCapPerHour} requests an hour`],
    ['addresses', project.keepFullIp ? 'kept whole' : 'cut to their network'],
    ['access', project.access.map(({ email, role }) => `${email} (${role})`)],
    ['releases', project.releases.map(({ version, releasedOn }) => `${version}: ${releasedOn}`)],
    ['advisories', project.advisories.map(({ id, affected, title }) => `${id} (${affected}): ${title}`)],
    ['archived', project.archived],
  ]);
}
