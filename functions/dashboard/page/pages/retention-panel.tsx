import type { RetentionAnswer } from '../../api.ts';
import { projectApi } from '../api-client.ts';
import { formatCount, formatDay, formatShare } from '../format.ts';
import { AnswerOf, Panel } from '../parts/panel.tsx';
import { ScrollBox } from '../parts/scroll-box.tsx';
import { useAnswer } from '../use-answer.ts';

/** The oldest of them are of all ages. */
const SHOWN = 32;
const WHAT = 'Share of the sites that were seen at this age or later, or are still active';
const SHADES = 5;
/** Shares below this have the lightest shade. */
const LEAST = 0.5;

/** Which of the sites that came together are still there. */
export function RetentionPanel({ slug }: { slug: string }) {
  const retention = useAnswer<RetentionAnswer>(projectApi(slug, '/retention'));
  return (
    <AnswerOf of={retention} what="Retention">
      {(data) => (
        <Panel title="Retention" info={{ of: 'retention' }}>
          {data.cohorts.length === 0 ? (
            <p class="soft">The first group of 14 days is not over yet.</p>
          ) : (
            <>
              <p class="small soft">{WHAT}</p>
              <ScrollBox label="Retention by first report and age" isWhole>
                <CohortTable data={data} />
              </ScrollBox>
            </>
          )}
        </Panel>
      )}
    </AnswerOf>
  );
}

function CohortTable({ data: { ages, cohorts } }: { data: RetentionAnswer }) {
  return (
    <table>
      <caption class="unseen">{WHAT}</caption>
      <thead>
        <tr>
          <th scope="col">First report (UTC)</th>
          <th scope="col" class="number">
            Sites
          </th>
          {ages.map((age) => (
            <th key={age} scope="col" class="number">
              day {age}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {cohorts
          .slice(-SHOWN)
          .reverse()
          .map(({ from, to, sites, kept }) => (
            <tr key={from}>
              <th scope="row">
                {formatDay(from)} – {formatDay(to)}
              </th>
              <td class="number">{formatCount(sites)}</td>
              {ages.map((age, place) => (
                <CohortCell key={age} kept={kept[place] ?? null} sites={sites} />
              ))}
            </tr>
          ))}
      </tbody>
    </table>
  );
}

function CohortCell({ kept, sites }: { kept: number | null; sites: number }) {
  if (kept === null || sites === 0) {
    return (
      <td class="number soft small" title="It takes 30 more days to tell who went silent">
        {sites === 0 ? '–' : <span class="too-early">too early</span>}
      </td>
    );
  }
  const share = kept / sites;
  const shade = Math.min(SHADES - 1, Math.max(0, Math.floor(((share - LEAST) / (1 - LEAST)) * SHADES)));
  return <td class={`number shade shade-${shade}`}>{formatShare(share)}</td>;
}
