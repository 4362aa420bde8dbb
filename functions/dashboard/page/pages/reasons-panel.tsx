import { addDays } from '../../../../shared/figures/days.ts';
import type { SeriesAnswer } from '../../api.ts';
import { projectApi } from '../api-client.ts';
import { formatChange, formatCount, formatShare } from '../format.ts';
import { Bar } from '../parts/bar.tsx';
import { DataTable } from '../parts/data-table.tsx';
import { AnswerOf, Panel } from '../parts/panel.tsx';
import { SentText } from '../parts/text.tsx';
import { type Period, readPeriod } from '../period.ts';
import { reasonLabel } from '../reasons.ts';
import type { PageProps } from '../shell/project-page.tsx';
import { hrefWith, useUrl } from '../url-state.ts';
import { useAnswer } from '../use-answer.ts';

const YEAR_DAYS = 364;
const TOP = 20;

/** What they said, and what of it became more. */
export function ReasonsPanel({ slug, project, through }: PageProps) {
  const { query } = useUrl();
  const period = readPeriod(query);
  const ask = (range: { from: string | null; to: string } | undefined) =>
    range && projectApi(slug, '/series/reason', { ...range, step: 'day', top: TOP });
  const now = useAnswer<SeriesAnswer>(ask(rangeOf(period, through)));
  const before = useAnswer<SeriesAnswer>(ask(comparedOf(period, through)));
  return (
    <AnswerOf of={now} what="The reasons">
      {(data) => <Reasons data={data} before={period.compare === 'none' ? undefined : before.data} project={project} />}
    </AnswerOf>
  );
}

function rangeOf({ days }: Period, through: string | undefined) {
  if (through === undefined) return undefined;
  return { from: days === null ? null : addDays(through, 1 - days), to: through };
}

function comparedOf({ days, compare }: Period, through: string | undefined) {
  if (through === undefined || days === null || compare === 'none') return undefined;
  const back = compare === 'year' ? YEAR_DAYS : days;
  return { from: addDays(through, 1 - days - back), to: addDays(through, -back) };
}

interface Row {
  id: string;
  count: number;
  change: number | null;
}

const sumOf = (values: readonly (number | null)[]) => values.reduce<number>((sum, value) => sum + (value ?? 0), 0);

function Reasons({
  data,
  before,
  project,
}: {
  data: SeriesAnswer;
  before: SeriesAnswer | undefined;
  project: PageProps['project'];
}) {
  const all = sumOf(data.total);
  // a period before the first figures is nothing to compare with
  const isKnown = before !== undefined && before.days.length > 0 && before.total.every((value) => value !== null);
  const beforeOf = (id: string) => sumOf(before?.series.find(({ name }) => name === id)?.values ?? []);
  const rows: Row[] = data.series
    .map(({ name, values }) => ({ id: name, count: sumOf(values) }))
    .filter(({ count }) => count > 0)
    .map((row) => ({ ...row, change: isKnown ? row.count - beforeOf(row.id) : null }))
    .sort((a, b) => b.count - a.count);
  return (
    <Panel title="What they said" info={{ of: 'deactivations' }}>
      {rows.length === 0 ? (
        <p class="soft">Nobody gave a reason in this period.</p>
      ) : (
        <DataTable<Row>
          caption={`Reasons of ${formatCount(all)} deactivations`}
          rows={rows}
          keyOf={({ id }) => id}
          columns={[
            {
              name: 'Reason',
              cell: ({ id }) => (
                <a href={hrefWith({ reason: id })}>
                  <SentText text={reasonLabel(id, project)} />
                </a>
              ),
            },
            { name: 'Bar', kind: 'bar', cell: ({ count }) => <Bar share={all === 0 ? 0 : count / all} /> },
            { name: 'Share', kind: 'number', cell: ({ count }) => formatShare(count / all) },
            { name: 'Count', kind: 'number', cell: ({ count }) => formatCount(count) },
            { name: 'Change', kind: 'number', cell: ({ change }) => (change === null ? '–' : formatChange(change)) },
          ]}
        />
      )}
      <p class="small soft">Of {formatCount(all)} deactivations, those of sites that never reported included.</p>
    </Panel>
  );
}
