import type { DeactivationItem } from '../../api.ts';
import { apiHref, projectApi } from '../api-client.ts';
import { counted, formatMoment, momentInUtc } from '../format.ts';
import { type FilterField, FilterInput, SetFilters } from '../parts/filter-field.tsx';
import { LoadMore } from '../parts/load-more.tsx';
import { AnswerOf, Panel } from '../parts/panel.tsx';
import { SentText } from '../parts/text.tsx';
import { reasonLabel } from '../reasons.ts';
import type { PageProps } from '../shell/project-page.tsx';
import { projectHref, useUrl } from '../url-state.ts';
import { useList } from '../use-list.ts';

const STOCK = [
  'could-not-understand',
  'found-better-plugin',
  'not-have-that-feature',
  'is-not-working',
  'looking-for-other',
  'did-not-work-as-expected',
  'other',
  'none',
];
const PAGE = 10;

/** The newest deactivations, with what was written to the author. */
export function WordsPanel({ slug, project }: PageProps) {
  const { query } = useUrl();
  const ids = [...new Set([...(project?.reasons.map(({ id }) => id) ?? []), ...STOCK, 'unlisted'])];
  const fields: FilterField[] = [
    {
      kind: 'choice',
      name: 'reason',
      label: 'Reason',
      choices: [{ value: '', label: 'any' }, ...ids.map((id) => ({ value: id, label: reasonLabel(id, project) }))],
    },
    { kind: 'text', name: 'version', label: 'Version' },
    { kind: 'day', name: 'since', label: 'Since (UTC)' },
    { kind: 'day', name: 'until', label: 'Before (UTC)' },
    { kind: 'check', name: 'all', label: 'Also without words', value: '1' },
  ];
  const filters = {
    ...Object.fromEntries(['reason', 'version', 'since', 'until'].map((name) => [name, query.get(name)])),
    hasText: query.get('all') === '1' ? null : 'true',
  };
  const list = useList<DeactivationItem>(projectApi(slug, '/deactivations', { ...filters, limit: PAGE }));
  const file = (format: string) =>
    apiHref(`/projects/${encodeURIComponent(slug)}/deactivations`, { ...filters, format });
  return (
    <Panel
      title="Newest words"
      info={{ of: 'deactivations' }}
      tools={
        <a class="button small" href={file('csv')} download>
          CSV
        </a>
      }
    >
      <div class="filters no-print">
        {fields.map((field) => (
          <FilterInput key={field.name} field={field} query={query} />
        ))}
      </div>
      <SetFilters fields={fields} query={query} />
      <AnswerOf of={list.first} what="The words">
        {() => (
          <>
            {list.items.length === 0 && (
              <p class="soft after">Nobody wrote anything that fits. Drop a filter, or wait.</p>
            )}
            <ul class="after">
              {list.items.map((item) => (
                <Words key={`${item.siteId}${item.at}`} slug={slug} item={item} project={project} />
              ))}
            </ul>
            <LoadMore list={list} what="words" />
          </>
        )}
      </AnswerOf>
      <p class="small soft after">Words are written to you and may name people.</p>
    </Panel>
  );
}

function ageText(ageDays: number | null): string {
  if (ageDays === null) return 'never reported';
  return ageDays === 0 ? 'on its first day' : `after ${counted(ageDays, 'day')}`;
}

function Words({ slug, item, project }: { slug: string; item: DeactivationItem; project: PageProps['project'] }) {
  const { at, site, siteId, reason, text, version, ageDays, returned } = item;
  return (
    <li class="quote">
      {text && (
        <blockquote class="quote-text">
          <bdi>{text}</bdi>
        </blockquote>
      )}
      <p class="small soft">
        {reasonLabel(reason, project)} ·{' '}
        <a href={projectHref(slug, `sites/${encodeURIComponent(siteId)}`)}>
          <SentText text={site} />
        </a>
        {version && (
          <>
            {' '}
            · <SentText text={version} />
          </>
        )}{' '}
        · {ageText(ageDays)} ·{' '}
        <time dateTime={at} title={momentInUtc(at)}>
          {formatMoment(at)}
        </time>
        {returned && (
          <>
            {' '}
            · <span class="tag">came back</span>
          </>
        )}
      </p>
    </li>
  );
}
