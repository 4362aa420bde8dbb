import type { ValueRate } from '../../../../shared/figures/documents.ts';
import { formatCount, formatDecimal } from '../format.ts';
import { RangeBar } from '../parts/bar.tsx';
import { DataTable } from '../parts/data-table.tsx';
import { Panel } from '../parts/panel.tsx';
import { SentText } from '../parts/text.tsx';
import { projectHref } from '../url-state.ts';

interface RatesTableProps {
  slug: string;
  title: string;
  /** What a row is of. */
  what: string;
  rates: ValueRate[];
  /** The filter of the sites' list that a value is; null: there is none. */
  filter: string | null;
}

/** How many of 100 sites leave in 30 days, by value, each with its range. */
export function RatesTable({ slug, title, what, rates, filter }: RatesTableProps) {
  const most = Math.max(1, ...rates.map(({ high }) => high ?? 0));
  return (
    <Panel title={`Leaving: ${title.toLowerCase()}`} info={{ of: 'deactivationRate' }}>
      {rates.length === 0 ? (
        <p class="soft">Nothing to tell yet.</p>
      ) : (
        <DataTable<ValueRate>
          caption={`Of 100 sites, how many leave in 30 days, ${title.toLowerCase()}`}
          rows={rates}
          keyOf={({ value }) => value}
          columns={[
            {
              name: what,
              cell: ({ value }) => {
                const shown = <SentText text={value} />;
                return filter === null ? shown : <a href={projectHref(slug, 'sites', { [filter]: value })}>{shown}</a>;
              },
            },
            {
              name: 'Range',
              kind: 'bar',
              cell: ({ rate, low, high }) =>
                rate === null || low === null || high === null ? null : (
                  <RangeBar value={rate} low={low} high={high} most={most} />
                ),
            },
            { name: 'Of 100 sites', kind: 'number', cell: rateText },
            { name: 'Left', kind: 'number', cell: ({ count }) => formatCount(count) },
            { name: 'Sites on average', kind: 'number', cell: ({ sites }) => formatCount(sites) },
          ]}
        />
      )}
    </Panel>
  );
}

/** "2.1 (1.7–2.6)", or that it is too few to tell. */
export function rateText({ rate, low, high, count }: ValueRate) {
  if (rate === null || low === null || high === null) {
    return <span class="soft">too few to tell ({formatCount(count)} left)</span>;
  }
  return (
    <span>
      {formatDecimal(rate)}{' '}
      <span class="soft">
        ({formatDecimal(low)}–{formatDecimal(high)})
      </span>
    </span>
  );
}
