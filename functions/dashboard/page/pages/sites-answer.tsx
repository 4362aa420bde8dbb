import type { OverviewAnswer } from '../../api.ts';
import { projectApi } from '../api-client.ts';
import { counted, formatCount } from '../format.ts';
import { AnswerOf } from '../parts/panel.tsx';
import { COMPARES, PERIODS } from '../period.ts';
import { projectHref } from '../url-state.ts';
import { useAnswer } from '../use-answer.ts';
import { flowTotals } from './flow-totals.ts';

/** How many there are, from figures: the list below cannot be counted. */
export function SitesAnswer({ slug }: { slug: string }) {
  const [period, compare] = [PERIODS[0], COMPARES[0]];
  // as the overview asks when it is opened: the browser has this answer
  const href = projectApi(slug, '/overview', { period: period.id, compare: compare.id });
  const overview = useAnswer<OverviewAnswer>(href);
  return (
    <AnswerOf of={overview} what="The number of sites">
      {({ figures: { active }, chart }) => {
        const { new: fresh, back, left, silent } = flowTotals(chart);
        return (
          <p class="answer">
            <b>
              <a href={projectHref(slug, 'sites', { state: 'active' })}>{counted(active.value ?? 0, 'site')}</a>
            </b>{' '}
            {active.value === 1 ? 'is' : 'are'} active. In the last {period.days} days <b>{formatCount(fresh)}</b> were
            new and <b>{formatCount(back)}</b> came back; <b>{formatCount(left)}</b> left and{' '}
            <b>{formatCount(silent)}</b> went silent.
          </p>
        );
      }}
    </AnswerOf>
  );
}
