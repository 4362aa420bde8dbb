import type { SeriesAnswer } from '../../api.ts';
import { countryName, formatCount, formatDay, formatPoints, formatShare } from '../format.ts';
import { Bar } from '../parts/bar.tsx';
import { DataTable } from '../parts/data-table.tsx';
import { AnswerOf, Panel } from '../parts/panel.tsx';
import { SentText } from '../parts/text.tsx';
import { type Period, rangeOf, readPeriod } from '../period.ts';
import { hrefWith, projectHref, useUrl } from '../url-state.ts';
import { useSeries } from '../use-series.ts';

interface SpreadPanelProps {
  slug: string;
  dimension: string;
  title: string;
  /** The filter of the sites' list that a value is; null: there is none. */
  filter: string | null;
  through: string | undefined;
}

const SHOWN = 8;
const MORE = 20;

/** How the sites spread over the values of a dimension, with the change since the period's first day. */
export function SpreadPanel(props: SpreadPanelProps) {
  const { query } = useUrl();
  const isOpen = query.get('more') === props.dimension;
  const period = readPeriod(query);
  const series = useSeries(props.slug, props.dimension, {
    period,
    through: props.through,
    top: isOpen ? MORE : SHOWN,
    // the last complete day, not the last complete week
    step: 'day',
  });
  return (
    <AnswerOf of={series} what={props.title}>
      {(data) => <Spread {...props} data={data} period={period} isOpen={isOpen} />}
    </AnswerOf>
  );
}

interface Row {
  name: string;
  sites: number;
  share: number | null;
  change: number | null;
}

/** `from`: null compares with the first day of which anything is known. */
function rowsOf(
  { days, series, total, unknown, other, partialFrom }: SeriesAnswer,
  from: string | null,
): { rows: Row[]; known: number; unknown: number; last: number } {
  const last = Math.max(0, partialFrom - 1);
  const knownAt = (index: number) => (total[index] ?? 0) - (unknown[index] ?? 0);
  const shareAt = (values: (number | null)[], index: number) => {
    const value = values[index];
    return value == null || knownAt(index) <= 0 ? null : value / knownAt(index);
  };
  const first = from === null ? total.findIndex((value) => value !== null && value > 0) : days.indexOf(from);
  const row = (name: string, values: (number | null)[]): Row => {
    const [before, now] = [shareAt(values, first), shareAt(values, last)];
    const change = before === null || now === null || first >= last ? null : now - before;
    return { name, sites: values[last] ?? 0, share: now, change };
  };
  // the API's order is that of the whole period
  const rows = series.map(({ name, values }) => row(name, values)).sort((a, b) => b.sites - a.sites);
  if ((other[last] ?? 0) > 0) rows.push(row('', other));
  return { rows, known: knownAt(last), unknown: unknown[last] ?? 0, last };
}

function Spread({
  slug,
  dimension,
  title,
  filter,
  data,
  period,
  isOpen,
}: SpreadPanelProps & { data: SeriesAnswer; period: Period; isOpen: boolean }) {
  const { rows, known, unknown, last } = rowsOf(data, rangeOf(period, data.through).from);
  const nameOf = ({ name }: Row) => {
    if (name === '') return <span class="soft">other</span>;
    const text = dimension === 'country' ? countryName(name) : name;
    const shown = <SentText text={text} />;
    return filter === null ? (
      shown
    ) : (
      <a href={projectHref(slug, 'sites', { state: 'active', [filter]: name })}>{shown}</a>
    );
  };
  return (
    <Panel
      title={title}
      info={{ of: 'share', base: known, unknown }}
      tools={
        <a class="button small" href={hrefWith({ more: isOpen ? null : dimension })}>
          {isOpen ? 'Fewer' : 'More'}
        </a>
      }
    >
      {rows.length === 0 ? (
        <p class="soft">No site has said yet.</p>
      ) : (
        <>
          <DataTable<Row>
            caption={`${title} on ${formatDay(data.days[last] ?? data.through)}`}
            rows={rows}
            keyOf={({ name }) => name}
            columns={[
              { name: title, cell: nameOf },
              {
                name: 'Bar',
                kind: 'bar',
                cell: ({ name, share }) => <Bar share={share ?? 0} tone={name === '' ? 5 : 0} />,
              },
              { name: 'Share', kind: 'number', cell: ({ share }) => (share === null ? '–' : formatShare(share)) },
              { name: 'Sites', kind: 'number', cell: ({ sites }) => formatCount(sites) },
              {
                name: period.days === null ? 'Since the start' : `In ${period.label}`,
                kind: 'number',
                cell: ({ change }) => (change === null ? '–' : formatPoints(change)),
              },
            ]}
          />
          <p class="small soft">
            Of {formatCount(known)} sites; {formatCount(unknown)} unknown.
          </p>
        </>
      )}
    </Panel>
  );
}
