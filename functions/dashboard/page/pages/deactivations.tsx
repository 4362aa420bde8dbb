import type { RatesAnswer } from '../../api.ts';
import { projectApi } from '../api-client.ts';
import { counted, formatDecimal, formatShare } from '../format.ts';
import { AnswerOf } from '../parts/panel.tsx';
import type { PageProps } from '../shell/project-page.tsx';
import { useAnswer } from '../use-answer.ts';
import { AgePanel } from './age-panel.tsx';
import { NeighboursPanel } from './neighbours-panel.tsx';
import { RatesTable } from './rates-table.tsx';
import { ReasonsPanel } from './reasons-panel.tsx';
import { RetentionPanel } from './retention-panel.tsx';
import { WordsPanel } from './words-panel.tsx';

const SHOWN = 8;

/** Why do people leave, when, and on which version? */
export function DeactivationsPage(props: PageProps) {
  const { slug, project } = props;
  const rates = useAnswer<RatesAnswer>(projectApi(slug, '/rates'));
  return (
    <>
      <h1 class="page-name">{project?.name ?? slug}: deactivations</h1>
      <AnswerOf of={rates} what="The rates">
        {(data) => <p class="answer">{sentence(data)}</p>}
      </AnswerOf>
      <div class="stack">
        <div class="halves">
          <div class="stack">
            <ReasonsPanel {...props} />
            {rates.data && (
              <>
                <RatesTable
                  title="By version"
                  what="Version"
                  rates={rates.data.byVersion.slice(0, SHOWN)}
                  filter="version"
                  slug={slug}
                />
                <AgePanel data={rates.data} />
              </>
            )}
          </div>
          <WordsPanel {...props} />
        </div>
        {rates.data && (
          <>
            <NeighboursPanel data={rates.data} fields={project?.customFields ?? []} />
            <div class="halves">
              <RatesTable
                title="By theme"
                what="Theme"
                rates={rates.data.byTheme.slice(0, SHOWN)}
                filter="theme"
                slug={slug}
              />
              {rates.data.byField.map(({ key, rates: own }) => {
                const field = project?.customFields.find((one) => one.key === key);
                const filter = field?.filterable ? `field.${key}` : null;
                return (
                  <RatesTable
                    key={key}
                    title={`By ${field?.label ?? key}`}
                    what={field?.label ?? key}
                    rates={own.slice(0, SHOWN)}
                    filter={filter}
                    slug={slug}
                  />
                );
              })}
            </div>
          </>
        )}
        <RetentionPanel slug={slug} />
      </div>
    </>
  );
}

function sentence({ overall, silent, ageAtLeaving }: RatesAnswer) {
  const { median, early } = ageAtLeaving;
  return (
    <>
      {overall.rate === null ? (
        <>Too few left to tell a rate: {counted(overall.count, 'site')} in 28 days.</>
      ) : (
        <>
          <b>{formatDecimal(overall.rate)}</b> of 100 sites say in 30 days that they leave
          {silent.rate !== null && (
            <>
              ; <b>{formatDecimal(silent.rate)}</b> go silent
            </>
          )}
          .
        </>
      )}
      {median !== null && early !== null && (
        <>
          {' '}
          Half of those that leave do it within <b>{counted(Math.round(median), 'day')}</b> of their first report,{' '}
          <b>{formatShare(early)}</b> on the first two.
        </>
      )}
    </>
  );
}
