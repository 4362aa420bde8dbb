import type { PageProps } from '../shell/project-page.tsx';
import { DropQuestion } from './drop-question.tsx';
import { SpreadPanel } from './spread-panel.tsx';

const DIMENSIONS = [
  { id: 'php', title: 'PHP', filter: 'php' },
  { id: 'wordpress', title: 'WordPress', filter: 'wordpress' },
  { id: 'database', title: 'Database', filter: 'database' },
  { id: 'web-server', title: 'Web server', filter: null },
  { id: 'locale', title: 'Locale', filter: null },
  { id: 'country', title: 'Country', filter: 'country' },
  { id: 'theme', title: 'Theme', filter: 'theme' },
  { id: 'plugin', title: 'Plugins beside it', filter: null },
  { id: 'multisite', title: 'Multisite', filter: null },
] as const;

/** Can I drop PHP 7.4? And what do the sites run? */
export function EnvironmentPage({ slug, project, through }: PageProps) {
  const fields = project?.customFields ?? [];
  return (
    <>
      <h1 class="page-name">{project?.name ?? slug}: environment</h1>
      <DropQuestion slug={slug} />
      <div class="halves after">
        {DIMENSIONS.map(({ id, title, filter }) => (
          <SpreadPanel key={id} slug={slug} dimension={id} title={title} filter={filter} through={through} />
        ))}
        {fields.map(({ key, label, filterable }) => (
          <SpreadPanel
            key={key}
            slug={slug}
            dimension={`field:${key}`}
            title={label}
            filter={filterable ? `field.${key}` : null}
            through={through}
          />
        ))}
      </div>
    </>
  );
}
