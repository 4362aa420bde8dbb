import type { AuditItem } from '../../api.ts';
import { projectApi } from '../api-client.ts';
import { formatCount, formatMoment, momentInUtc } from '../format.ts';
import { DataTable } from '../parts/data-table.tsx';
import { LoadMore } from '../parts/load-more.tsx';
import { AnswerOf, Empty, Panel } from '../parts/panel.tsx';
import { SentText } from '../parts/text.tsx';
import type { PageProps } from '../shell/project-page.tsx';
import { useList } from '../use-list.ts';

/** Who took what out of here. */
export function AuditPage({ slug, project }: PageProps) {
  const isOwner = project?.role === 'owner';
  const list = useList<AuditItem>(isOwner ? projectApi(slug, '/audit') : undefined);
  return (
    <>
      <h1 class="page-name">{project?.name ?? slug}: audit</h1>
      <p class="answer">Every export, every look at a contact and every grant is noted here before it happens.</p>
      {project && !isOwner ? (
        <Empty title="The audit is for owners of the project." />
      ) : (
        <Panel title="Audit">
          <AnswerOf of={list.first} what="The audit" isTall>
            {() =>
              list.items.length === 0 ? (
                <p class="soft">Nobody took anything yet.</p>
              ) : (
                <>
                  <AuditTable items={list.items} />
                  <LoadMore list={list} what="entries" />
                </>
              )
            }
          </AnswerOf>
        </Panel>
      )}
    </>
  );
}

function AuditTable({ items }: { items: AuditItem[] }) {
  return (
    <DataTable<AuditItem>
      caption="Audit, newest first"
      rows={items}
      keyOf={({ requestId, outcome }, index) => `${requestId}${outcome}${index}`}
      columns={[
        {
          name: 'When',
          cell: ({ at }) => (
            <time dateTime={at} title={momentInUtc(at)}>
              {formatMoment(at)}
            </time>
          ),
        },
        {
          name: 'Who',
          cell: ({ actor, role }) => (
            <span>
              <SentText text={actor} /> <span class="soft">{role}</span>
            </span>
          ),
        },
        {
          name: 'What',
          cell: ({ action, resource }) => (
            <span>
              {action} <SentText text={resource} />
            </span>
          ),
        },
        {
          name: 'Filters',
          cell: ({ filters }) => (filters === null ? <span class="soft">none</span> : <SentText text={filters} />),
        },
        { name: 'Rows', kind: 'number', cell: ({ rows }) => (rows === null ? '–' : formatCount(rows)) },
        { name: 'Outcome', cell: ({ outcome }) => outcome },
        { name: 'Request', cell: ({ requestId }) => <code>{requestId}</code> },
      ]}
    />
  );
}
