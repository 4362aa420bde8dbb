import { addDays, type Day, daysBetween } from '../../../../shared/figures/days.ts';
import type { SiteHistoryAnswer } from '../../api.ts';
import { projectApi } from '../api-client.ts';
import { counted, formatDay, formatMonth } from '../format.ts';
import { AnswerOf, Panel } from '../parts/panel.tsx';
import { SentText } from '../parts/text.tsx';
import { useNarrow } from '../parts/use-narrow.ts';
import { useAnswer } from '../use-answer.ts';
import { kindsOf, type SiteDay } from './site-day-kinds.ts';

/** Thirteen months, as whole weeks; on a phone half of them, so that a day can be seen. */
const WEEKS = { wide: 57, narrow: 27 } as const;

/** A site's days as a strip, and when its version changed. */
export function SiteDays({ slug, id, through }: { slug: string; id: string; through: string | undefined }) {
  const history = useAnswer<SiteHistoryAnswer>(projectApi(slug, `/sites/${encodeURIComponent(id)}/history`));
  return (
    <AnswerOf of={history} what="The site's days">
      {({ days }) => (
        <Panel title="Its days" info={{ of: 'active' }}>
          {days.length === 0 ? (
            <p class="soft">
              Nothing was heard of it in the last 13 months, or its days are counted with the next rebuild.
            </p>
          ) : (
            <>
              <Strip days={days} last={addDays(through ?? (days.at(-1) as SiteDay).day, 1)} />
              <Changes days={days} />
            </>
          )}
        </Panel>
      )}
    </AnswerOf>
  );
}

const CELL = 10;
const LEGEND = [
  ['report', 'report'],
  ['active', 'active, no report'],
  ['silent', 'silent'],
  ['left', 'deactivated'],
  ['gone', 'not there'],
] as const;

function Strip({ days: said, last }: { days: SiteDay[]; last: Day }) {
  const weeks = useNarrow() ? WEEKS.narrow : WEEKS.wide;
  // weeks are columns from Monday to Sunday
  const weekday = (new Date(last).getUTCDay() + 6) % 7;
  const first = addDays(last, -weekday - (weeks - 1) * 7);
  const days = Array.from({ length: daysBetween(first, last) + 1 }, (_, index) => addDays(first, index));
  const kinds = kindsOf(said, days);
  const reports = said.filter(({ day, kind }) => kind === 'report' && day >= first).length;
  const label = `${counted(reports, 'day')} with a report from ${formatDay(days[0] as Day)} to ${formatDay(last)}`;
  const months = days.flatMap((day, index) => (day.endsWith('-01') ? [{ day, week: Math.floor(index / 7) }] : []));
  return (
    <>
      <p class="summary">
        {label}; the last was on{' '}
        {formatDay((said.findLast(({ kind }) => kind === 'report') ?? (said.at(-1) as SiteDay)).day)}.
      </p>
      <svg class="strip" viewBox={`0 0 ${weeks * CELL} ${8 * CELL + 4}`} role="img" aria-label={label}>
        {kinds.map((kind, index) => (
          <rect
            key={days[index]}
            class={`day ${kind}`}
            x={Math.floor(index / 7) * CELL}
            y={(index % 7) * CELL}
            width={CELL - 1.5}
            height={CELL - 1.5}
            rx="2"
          >
            <title>{formatDay(days[index] as Day)}</title>
          </rect>
        ))}
        {months.map(({ day, week }, place) =>
          place % 2 === 0 ? (
            <text key={day} x={week * CELL} y={8 * CELL + 2}>
              {formatMonth(day).slice(0, 3)}
            </text>
          ) : null,
        )}
      </svg>
      <ul class="legend" aria-label="Colours of the strip">
        {LEGEND.map(([kind, name]) => (
          <li key={kind}>
            <span class="key">
              <svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">
                <rect class={`day ${kind}`} x="1" y="1" width="10" height="10" rx="2" />
              </svg>
              {name}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}

/** The days on which it said another version than before, newest first. */
function Changes({ days }: { days: SiteDay[] }) {
  const changes = days.filter(({ version }, index) => version !== null && version !== days[index - 1]?.version);
  return (
    <>
      <h3>Versions</h3>
      <ul>
        {changes.reverse().map(({ day, version }) => (
          <li key={day} class="small">
            <span class="soft">{formatDay(day)}</span> <SentText text={version ?? ''} />
          </li>
        ))}
      </ul>
    </>
  );
}
