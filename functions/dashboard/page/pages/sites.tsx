import { useRef } from 'preact/hooks';
import type { SiteItem } from '../../api.ts';
import { projectApi } from '../api-client.ts';
import { countryName, formatMoment, momentInUtc } from '../format.ts';
import { DataTable } from '../parts/data-table.tsx';
import { type FilterField, FilterInput, SetFilters } from '../parts/filter-field.tsx';
import { LoadMore } from '../parts/load-more.tsx';
import { AnswerOf, Empty } from '../parts/panel.tsx';
import { SentText } from '../parts/text.tsx';
import { useNarrow } from '../parts/use-narrow.ts';
import type { PageProps } from '../shell/project-page.tsx';
import { projectHref, useUrl } from '../url-state.ts';
import { useList } from '../use-list.ts';
import { SiteExports } from './site-exports.tsx';
import { siteFilters } from './site-filters.ts';
import { SitesAnswer } from './sites-answer.tsx';

/** Which sites are they? */
export function SitesPage({ slug, project }: PageProps) {
  const { query } = useUrl();
  const fields = siteFilters(project);
  const filters = Object.fromEntries(fields.map(({ name }) => [name, query.get(name)]));
  const list = useList<SiteItem>(projectApi(slug, '/sites', filters));
  return (
    <>
      <h1 class="page-name">{project?.name ?? slug}: sites</h1>
      <SitesAnswer slug={slug} />
      <div class="stack">
        <Filters fields={fields} query={query} />
        <section class="card" aria-label="Sites">
          <div class="card-head">
            <h2>Sites</h2>
            <SiteExports slug={slug} filters={filters} isOwner={project?.role === 'owner'} />
          </div>
          <AnswerOf of={list.first} what="The sites" isTall>
            {() =>
              list.items.length === 0 && !list.hasMore ? (
                <NoSite fields={fields} query={query} />
              ) : (
                <>
                  <SitesTable slug={slug} items={list.items} />
                  <LoadMore list={list} what="sites" />
                </>
              )
            }
          </AnswerOf>
        </section>
      </div>
    </>
  );
}

function NoSite({ fields, query }: { fields: FilterField[]; query: URLSearchParams }) {
  const isFiltered = fields.some(({ name }) => query.get(name));
  if (!isFiltered) {
    return (
      <Empty title="No site has reported yet.">
        <p>The first report comes within a minute of an opt-in.</p>
      </Empty>
    );
  }
  return (
    <Empty title="No site fits all of these filters.">
      <p>Drop one of them:</p>
      <SetFilters fields={fields} query={query} />
    </Empty>
  );
}

const MAIN = 6;

function Filters({ fields, query }: { fields: FilterField[]; query: URLSearchParams }) {
  const sheet = useRef<HTMLDialogElement>(null);
  const [main, more] = [fields.slice(0, MAIN), fields.slice(MAIN)];
  const set = fields.filter(({ name }) => query.get(name)).length;
  const inputs = (those: FilterField[]) =>
    those.map((field) => <FilterInput key={field.name} field={field} query={query} />);
  return (
    <div class="no-print">
      {useNarrow() ? (
        <>
          <button type="button" class="button" onClick={() => sheet.current?.showModal()}>
            Filters{set > 0 && ` (${set})`}
          </button>
          <dialog ref={sheet} class="sheet" aria-label="Filters">
            <div class="filters">{inputs(fields)}</div>
            <form method="dialog" class="after">
              <button type="submit" class="button main">
                Show the sites
              </button>
            </form>
          </dialog>
        </>
      ) : (
        <div class="card">
          <div class="filters">{inputs(main)}</div>
          <details class="more" open={more.some(({ name }) => query.get(name))}>
            <summary>More filters</summary>
            <div class="filters">{inputs(more)}</div>
          </details>
        </div>
      )}
      <SetFilters fields={fields} query={query} />
    </div>
  );
}

const STATES = { active: 'active', silent: 'went silent', left: 'left' } as const;

export function StateTag({ state }: Pick<SiteItem, 'state'>) {
  return <span class={`tag ${state}`}>{STATES[state]}</span>;
}

function SitesTable({ slug, items }: { slug: string; items: SiteItem[] }) {
  const text = (value: string | null) =>
    value === null ? <span class="soft">unknown</span> : <SentText text={value} />;
  return (
    <DataTable<SiteItem>
      caption="Sites"
      rows={items}
      keyOf={({ id }) => id}
      columns={[
        { name: 'Site', cell: (site) => <SiteName slug={slug} site={site} /> },
        { name: 'State', cell: ({ state }) => <StateTag state={state} /> },
        { name: 'Version', cell: ({ version }) => text(version) },
        { name: 'PHP', cell: ({ php }) => text(php) },
        { name: 'WordPress', cell: ({ wordpress }) => text(wordpress) },
        { name: 'Database', cell: ({ database }) => text(database) },
        { name: 'Country', cell: ({ country }) => text(country === null ? null : countryName(country)) },
        {
          name: 'Last seen',
          cell: ({ lastSeenAt }) => (
            <time dateTime={lastSeenAt} title={momentInUtc(lastSeenAt)}>
              {formatMoment(lastSeenAt)}
            </time>
          ),
        },
      ]}
    />
  );
}

function SiteName({ slug, site: { id, site, name } }: { slug: string; site: SiteItem }) {
  return (
    <span class="site-name">
      <a href={projectHref(slug, `sites/${encodeURIComponent(id)}`)}>
        <SentText text={site} />
      </a>
      {name && (
        <span class="soft small">
          <SentText text={name} />
        </span>
      )}
    </span>
  );
}
