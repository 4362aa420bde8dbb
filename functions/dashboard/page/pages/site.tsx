import type { SiteAnswer } from '../../api.ts';
import { projectApi } from '../api-client.ts';
import { countryName, formatCount, formatDate, formatMoment, momentInUtc } from '../format.ts';
import { AnswerOf, Panel } from '../parts/panel.tsx';
import { SentText } from '../parts/text.tsx';
import { reasonLabel } from '../reasons.ts';
import type { PageProps } from '../shell/project-page.tsx';
import { useAnswer } from '../use-answer.ts';
import { ContactPanel } from './contact-panel.tsx';
import { SiteDays } from './site-days.tsx';
import { StateTag } from './sites.tsx';

/** What one site runs, and how it came here. */
export function SitePage({ slug, project, id, through }: PageProps & { id: string }) {
  const site = useAnswer<SiteAnswer>(projectApi(slug, `/sites/${encodeURIComponent(id)}`));
  return (
    <AnswerOf of={site} what="The site" isTall>
      {(data) => (
        <>
          <h1 class="page-name">
            <SentText text={data.site} cut={false} /> <StateTag state={data.state} />
          </h1>
          {data.name && (
            <p class="site-title">
              <SentText text={data.name} cut={false} />
            </p>
          )}
          <p class="answer">{sentence(data)}</p>
          <div class="stack">
            <SiteDays slug={slug} id={id} through={through} />
            <div class="columns">
              <Facts data={data} project={project} />
              <div class="stack">
                {data.deactivation && <LeftPanel deactivation={data.deactivation} project={project} />}
                <ContactPanel slug={slug} id={id} project={project} isOptedOut={data.optedOut} />
              </div>
            </div>
          </div>
        </>
      )}
    </AnswerOf>
  );
}

function sentence({ version, php, wordpress, firstSeenAt, lastSeenAt }: SiteAnswer) {
  return (
    <>
      {version === null ? (
        'Runs a version that it did not say'
      ) : (
        <>
          Runs{' '}
          <b>
            <SentText text={version} />
          </b>
        </>
      )}
      {php !== null && (
        <>
          {' '}
          on PHP <SentText text={php} />
        </>
      )}
      {wordpress !== null && (
        <>
          {' '}
          {php === null ? 'on' : 'and'} WordPress <SentText text={wordpress} />
        </>
      )}
      . First heard of on {formatDate(firstSeenAt)}, last on <b>{formatDate(lastSeenAt)}</b>.
    </>
  );
}

function Facts({ data, project }: { data: SiteAnswer; project: PageProps['project'] }) {
  const labelOf = (key: string) => project?.customFields.find((field) => field.key === key)?.label ?? key;
  const facts: [string, string | null][] = [
    ['Address', data.url],
    ['Version', data.version],
    ['PHP', data.php],
    ['WordPress', data.wordpress],
    ['Database', data.database],
    ['Web server', data.webServer],
    ['Theme', data.theme],
    ['Locale', data.locale],
    ['Country', data.country === null ? null : countryName(data.country)],
    ['Multisite', data.multisite === null ? null : data.multisite ? 'yes' : 'no'],
    ['Users', data.users === null ? null : formatCount(data.users)],
    ['Environment', data.environment],
    ['Copy of', data.copyOf ?? 'no other site'],
  ];
  return (
    <Panel title="What it runs">
      <dl class="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value === null ? <span class="soft">unknown</span> : <SentText text={value} cut={false} />}</dd>
          </div>
        ))}
        <Moment name="First seen" at={data.firstSeenAt} />
        <Moment name="Last seen" at={data.lastSeenAt} />
        {Object.entries(data.customFields).map(([key, value]) => (
          <div key={`field ${key}`}>
            <dt>{labelOf(key)}</dt>
            <dd>
              <SentText text={typeof value === 'string' ? value : JSON.stringify(value)} cut={false} />
            </dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}

function Moment({ name, at }: { name: string; at: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <time dateTime={at} title={momentInUtc(at)}>
          {formatMoment(at)}
        </time>
      </dd>
    </div>
  );
}

function LeftPanel({
  deactivation,
  project,
}: {
  deactivation: NonNullable<SiteAnswer['deactivation']>;
  project: PageProps['project'];
}) {
  const { at, reason, text, version } = deactivation;
  return (
    <Panel title="Its last deactivation">
      {text && (
        <blockquote class="quote-text">
          <bdi>{text}</bdi>
        </blockquote>
      )}
      <p class="small soft">
        {reasonLabel(reason, project)}
        {version && <> · {version}</>} ·{' '}
        <time dateTime={at} title={momentInUtc(at)}>
          {formatMoment(at)}
        </time>
      </p>
    </Panel>
  );
}
