import type { Attention } from '../../../../shared/figures/overview.ts';
import { attentionText, sentenceOf, type Words } from '../../../../shared/figures/sentence.ts';
import type { OverviewAnswer } from '../../api.ts';
import { projectApi } from '../api-client.ts';
import { formatCount, formatShare } from '../format.ts';
import { Marked, marked } from '../parts/marked.tsx';
import { NoReport } from '../parts/no-report.tsx';
import { AnswerOf, Panel } from '../parts/panel.tsx';
import { readPeriod } from '../period.ts';
import { reasonLabel } from '../reasons.ts';
import type { PageProps } from '../shell/project-page.tsx';
import { projectHref, useUrl } from '../url-state.ts';
import { useAnswer } from '../use-answer.ts';
import { ActiveChart, FlowsChart } from './overview-charts.tsx';
import { Tiles } from './overview-tiles.tsx';

/** How am I doing? One sentence, four numbers, one chart, what needs attention. */
export function OverviewPage({ slug, project }: PageProps) {
  const { query } = useUrl();
  const period = readPeriod(query);
  const overview = useAnswer<OverviewAnswer>(
    projectApi(slug, '/overview', { period: period.id, compare: period.compare }),
  );
  const words: Words = {
    name: project?.name ?? slug,
    reasonLabel: (id) => reasonLabel(id, project),
    number: (value) => marked(formatCount(value)),
    percent: (share) => marked(formatShare(share)),
  };
  return (
    <>
      <h1 class="page-name">{words.name}</h1>
      <AnswerOf of={overview} what="The overview" isTall>
        {(data) =>
          hasReports(data) ? (
            <>
              <p class="answer">
                <Marked text={sentenceOf(data.sentence, words)} />
              </p>
              <Figures slug={slug} data={data} words={words} />
            </>
          ) : (
            <NoReport title="No site has reported yet." />
          )
        }
      </AnswerOf>
    </>
  );
}

function Figures({ slug, data, words }: { slug: string; data: OverviewAnswer; words: Words }) {
  return (
    <div class="stack">
      <Tiles slug={slug} data={data} />
      <div class="columns">
        <div class="stack">
          <ActiveChart data={data} />
          <FlowsChart data={data} />
        </div>
        <div class="stack">
          <AttentionPanel slug={slug} attention={data.attention} words={words} />
          <NotCounted slug={slug} data={data} />
        </div>
      </div>
    </div>
  );
}

/** Ever: what an active site runs is counted, be it unknown. */
const hasReports = ({ dimensions }: OverviewAnswer): boolean => dimensions.includes('version');

function AttentionPanel({ slug, attention, words }: { slug: string; attention: Attention[]; words: Words }) {
  return (
    <Panel title="Needs attention">
      {attention.length === 0 ? (
        <p class="soft">
          Nothing right now. Advisories, releases that make sites leave, and what goes with leaving stand here.
        </p>
      ) : (
        <ul class="attention">
          {attention.map((one) => (
            <li key={JSON.stringify(one)} class="words">
              <a href={hrefOf(slug, one)}>
                <span>
                  <Marked text={attentionText(one, words)} />
                </span>
              </a>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function hrefOf(slug: string, one: Attention): string {
  if (one.kind === 'unsure') return '/about#unsure';
  return projectHref(slug, one.kind === 'advisory' ? 'adoption' : 'deactivations');
}

const NOT_COUNTED = [
  { key: 'staging', label: 'Staging', query: { environment: 'staging' } },
  { key: 'local', label: 'Local', query: { environment: 'local' } },
  { key: 'ephemeral', label: 'Previews', query: { environment: 'ephemeral' } },
  { key: 'copies', label: 'Copies', query: { copies: 'true' } },
] as const;

function NotCounted({ slug, data: { notCounted } }: { slug: string; data: OverviewAnswer }) {
  return (
    <Panel title="Not counted" info={{ of: 'counted' }}>
      <dl class="pairs">
        {NOT_COUNTED.map(({ key, label, query }) => (
          <div key={key}>
            <dt>{label}</dt>
            <dd>
              {notCounted[key] === 0 ? (
                0
              ) : (
                <a href={projectHref(slug, 'sites', query)}>{formatCount(notCounted[key])}</a>
              )}
            </dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}
