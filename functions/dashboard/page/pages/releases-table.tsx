import type { Release } from '../../../../shared/figures/documents.ts';
import type { ReleasesAnswer } from '../../api.ts';
import { formatCount, formatDay, formatDecimal } from '../format.ts';
import { DataTable } from '../parts/data-table.tsx';
import { Panel } from '../parts/panel.tsx';
import { ShareOf } from '../parts/share-of.tsx';
import { SentText } from '../parts/text.tsx';
import { projectHref } from '../url-state.ts';

const SOURCES: Record<Release['source'], string> = {
  author: 'your word',
  reports: 'first reports',
};

export function ReleasesTable({ slug, data }: { slug: string; data: ReleasesAnswer }) {
  return (
    <Panel title="Releases" info={{ of: 'releaseDay' }}>
      <DataTable<Release>
        caption="Releases, newest first"
        rows={data.releases}
        keyOf={({ version }) => version}
        columns={[
          {
            name: 'Version',
            cell: ({ version }) => (
              <a href={projectHref(slug, 'sites', { version })}>
                <SentText text={version} />
              </a>
            ),
          },
          {
            name: 'Released (UTC)',
            cell: ({ releasedOn, source }) => (
              <span>
                {formatDay(releasedOn)} <span class="soft">by {SOURCES[source]}</span>
              </span>
            ),
          },
          {
            name: 'Days to half',
            kind: 'number',
            cell: ({ daysToHalf, adoption }) =>
              daysToHalf !== null ? formatCount(daysToHalf) : hasAdopters(adoption) ? 'not yet' : '–',
          },
          { name: 'Adopted now', kind: 'number', cell: ({ adoption }) => shareOfLast(adoption.at(-1)?.now) },
          { name: 'Known', kind: 'number', cell: ({ adoption }) => shareOfLast(adoption.at(-1)?.known) },
          { name: 'Leaving, against the one before', cell: (release) => <AlertCell release={release} /> },
        ]}
      />
    </Panel>
  );
}

/** Whether any site that was there before the release has reported since: adoption is a share of those. */
export const hasAdopters = (adoption: Release['adoption']): boolean => adoption.some(({ now }) => now.base > 0);

function shareOfLast(share: Parameters<typeof ShareOf>[0]['share'] | undefined) {
  return share ? <ShareOf share={share} bases={false} /> : '–';
}

function AlertCell({ release: { alert } }: { release: Release }) {
  const look = alert?.looks.at(-1);
  if (!alert || !look) return <span class="soft">no look yet</span>;
  if (look.ratio === null || look.low === null || look.high === null) {
    return <span class="soft">too few to tell ({formatCount(look.left)} left)</span>;
  }
  const text = `${formatDecimal(look.ratio)} times (${formatDecimal(look.low)}–${formatDecimal(look.high)}) in ${look.days} days`;
  return (
    <span>
      <span class={alert.isAlarm ? 'bad' : ''}>{text}</span>
      {look.weak && <span class="soft">, a weak test: few sites</span>}
    </span>
  );
}
