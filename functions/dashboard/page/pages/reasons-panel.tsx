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
  const range = rangeOf(period, through);
  const compared = comparedOf(period, through);
  // one answer of both: a range that lies before the first day could not be asked for
  const asked = range && { from: compared?.from ?? range.from, to: range.to };
  const reasons = useAnswer<SeriesAnswer>(
    asked && projectApi(slug, '/series/reason', { ...asked, step: 'day', top: TOP }),
  );
  return (
    <AnswerOf of={reasons} what="The reasons">
      {(data) => <Reasons data={data} range={range ?? {}} compared={compared} project={project} />}
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

interface Days {
  from?: string | null;
  to?: string;
}

interface ReasonsProps {
  data: SeriesAnswer;
  range: Days;
  compared: { from: string; to: string } | undefined;
  project: PageProps['project'];
}

function Reasons({ data, range, compared, project }: ReasonsProps) {
  const sumOf = (values: readonly (number | null)[], { from, to }: Days) =>
    values.reduce<number>((sum, value, index) => {
      const day = data.days[index] as string;
      return (from && day < from) || (to && day > to) ? sum : sum + (value ?? 0);
    }, 0);
  const all = sumOf(data.total, range);
  // days before the first figures are nothing to compare with
  const known = compared !== undefined && (data.days[0] ?? '') <= compared.from ? compared : undefined;
  const rows: Row[] = data.series
    .map(({ name, values }) => ({ id: name, values, count: sumOf(values, range) }))
    .filter(({ count }) => count > 0)
    .map(({ id, values, count }) => ({ id, count, change: known ? count - sumOf(values, known) : null }))
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
