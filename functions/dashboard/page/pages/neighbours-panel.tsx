import type { NeighbourFound } from '../../../../shared/figures/documents.ts';
import type { ProjectAnswer, RatesAnswer } from '../../api.ts';
import { formatCount, formatDay, formatDecimal, formatShare } from '../format.ts';
import { DataTable } from '../parts/data-table.tsx';
import { Panel } from '../parts/panel.tsx';
import { SentText } from '../parts/text.tsx';

/** What goes with leaving; never why. */
export function NeighboursPanel({ data, fields }: { data: RatesAnswer; fields: ProjectAnswer['customFields'] }) {
  const { found, from, to } = data.neighbours;
  const kindOf = ({ kind, key }: NeighbourFound) =>
    kind === 'field' ? (fields.find((field) => field.key === key)?.label ?? key ?? 'field') : kind;
  return (
    <Panel title="What goes with leaving" info={{ of: 'neighbours' }}>
      {found.length === 0 ? (
        <p class="soft">
          No plugin, theme or field stands out in the 90 days to {formatDay(to)}. It takes 5 leaves and 30 sites, and
          more than chance.
        </p>
      ) : (
        <DataTable<NeighbourFound>
          caption={`Sites with it against the others, ${formatDay(from)} to ${formatDay(to)}`}
          rows={found}
          keyOf={({ kind, key, value }) => `${kind}${key}${value}`}
          columns={[
            {
              name: 'Sites with',
              cell: (one) => (
                <span>
                  <span class="soft">{kindOf(one)}</span> <SentText text={one.value} />
                </span>
              ),
            },
            {
              name: 'left',
              kind: 'number',
              cell: ({ ratio, low }) =>
                ratio === null ? (
                  'while no other did'
                ) : (
                  <span>
                    {formatDecimal(ratio)} times as often
                    {low !== null && <span class="soft"> (at least {formatDecimal(low)})</span>}
                  </span>
                ),
            },
            { name: 'Left', kind: 'number', cell: ({ left }) => formatCount(left) },
            { name: 'Sites', kind: 'number', cell: ({ sites }) => formatCount(sites) },
            { name: 'By chance', kind: 'number', cell: ({ falseFindings }) => formatShare(falseFindings) },
          ]}
        />
      )}
    </Panel>
  );
}
