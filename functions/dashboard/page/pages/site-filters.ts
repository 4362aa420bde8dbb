import type { ProjectAnswer } from '../../api.ts';
import type { FilterField } from '../parts/filter-field.tsx';

const ANY = { value: '', label: 'any' };

/** The filters of the sites' list, the most used first; their names are the API's. */
export function siteFilters(project: ProjectAnswer | undefined): FilterField[] {
  const text = (name: string, label: string, placeholder = ''): FilterField => ({
    kind: 'text',
    name,
    label,
    placeholder,
  });
  const own = (project?.customFields ?? []).filter(({ filterable }) => filterable);
  return [
    { kind: 'text', name: 'q', label: 'Address begins with', placeholder: 'shop.example', id: 'search' },
    {
      kind: 'choice',
      name: 'state',
      label: 'State',
      choices: [
        ANY,
        { value: 'active', label: 'active' },
        { value: 'silent', label: 'went silent' },
        { value: 'left', label: 'left' },
      ],
    },
    text('version', 'Version'),
    text('versionBelow', 'Version below'),
    text('php', 'PHP', '8.2'),
    text('phpBelow', 'PHP below'),
    text('wordpress', 'WordPress', '6.8'),
    text('wordpressBelow', 'WordPress below'),
    text('database', 'Database', 'MariaDB 10.11'),
    text('databaseBelow', 'Database below', 'MySQL 8.0'),
    text('country', 'Country', 'DE'),
    text('theme', 'Theme', 'astra'),
    ...own.map(({ key, label }) => text(`field.${key}`, label)),
    { kind: 'day', name: 'since', label: 'Seen since (UTC)' },
    { kind: 'day', name: 'until', label: 'Seen before (UTC)' },
    {
      kind: 'choice',
      name: 'environment',
      label: 'Environment',
      choices: [
        { value: '', label: 'production' },
        { value: 'staging', label: 'staging' },
        { value: 'local', label: 'local' },
        { value: 'ephemeral', label: 'preview' },
        { value: 'any', label: 'any' },
      ],
    },
    ...(project?.role === 'owner' ? [text('email', "Admin's address, whole")] : []),
    { kind: 'check', name: 'copies', label: 'Copies of other sites too', value: 'true' },
  ];
}
