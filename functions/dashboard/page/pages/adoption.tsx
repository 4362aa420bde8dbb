import { runsOn } from '../../../../shared/figures/sentence.ts';
import type { ReleasesAnswer } from '../../api.ts';
import { projectApi } from '../api-client.ts';
import { counted, formatCount, formatShare } from '../format.ts';
import { AnswerOf, Empty } from '../parts/panel.tsx';
import { daysSince } from '../period.ts';
import type { PageProps } from '../shell/project-page.tsx';
import { useAnswer } from '../use-answer.ts';
import { FiveReleasesChart, NewestChart } from './adoption-charts.tsx';
import { AdvisoriesPanel } from './advisories.tsx';
import { ReleasesTable } from './releases-table.tsx';
import { VersionSpread } from './version-spread.tsx';

/** Is my release adopted, and faster than the last? */
export function AdoptionPage({ slug, project, through }: PageProps) {
  const releases = useAnswer<ReleasesAnswer>(projectApi(slug, '/releases'));
  return (
    <>
      <h1 class="page-name">{project?.name ?? slug}: adoption</h1>
      <AnswerOf of={releases} what="The releases" isTall>
        {(data) =>
          data.releases.length === 0 ? (
            <Empty title="No release has been seen yet.">
              <p>
                A version is a release once three sites that had reported before reported it and one in a hundred ran
                it. You can tell of it before that:{' '}
                <code>npx sitebeat projects update {slug} --release 3.2.0:2026-11-01</code>
              </p>
            </Empty>
          ) : (
            <>
              <p class="answer">{sentence(data)}</p>
              <div class="stack">
                <div class="halves">
                  <NewestChart data={data} />
                  <FiveReleasesChart data={data} />
                </div>
                <ReleasesTable slug={slug} data={data} />
              </div>
            </>
          )
        }
      </AnswerOf>
      <div class="stack after">
        <AdvisoriesPanel slug={slug} releases={releases.data?.releases ?? []} />
        <VersionSpread slug={slug} through={through} releases={releases.data?.releases ?? []} />
      </div>
    </>
  );
}

function sentence({ releases, medianDaysToHalf, through }: ReleasesAnswer) {
  const [newest, former] = releases;
  if (!newest) return null;
  const { now, known } = newest.adoption.at(-1) ?? {};
  const days = daysSince(newest.releasedOn, through);
  const before = former?.adoption[days]?.now.share;
  return (
    <>
      {newest.version}, out for {days} {days === 1 ? 'day' : 'days'}, {runsOn(days)}{' '}
      {now?.share == null ? (
        <>
          {known?.share == null ? (
            <b>no active site</b>
          ) : (
            <>
              <b>{formatShare(known.share)}</b> of all active sites
            </>
          )}
          ; none from before its release has reported lately
        </>
      ) : (
        <>
          <b>{formatShare(now.share)}</b> of the sites that reported lately
        </>
      )}
      {before != null && former && (
        <>
          ; {former.version} was at <b>{formatShare(before)}</b> on that day
        </>
      )}
      .{' '}
      {newest.daysToHalf !== null && (
        <>
          Half was reached{' '}
          {newest.daysToHalf === 0 ? (
            'on the day of its release'
          ) : (
            <>
              after <b>{counted(newest.daysToHalf, 'day')}</b>
            </>
          )}
          {typeof medianDaysToHalf === 'number' && <>, usually after {formatCount(medianDaysToHalf)}</>}.
        </>
      )}
      {newest.daysToHalf === null && typeof medianDaysToHalf === 'number' && (
        <>Half is usually reached after {formatCount(medianDaysToHalf)} days.</>
      )}
    </>
  );
}
