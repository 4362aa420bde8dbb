import { useEffect } from 'preact/hooks';
import type { ProjectAnswer, ProjectsAnswer } from '../../api.ts';
import { AdoptionPage } from '../pages/adoption.tsx';
import { AuditPage } from '../pages/audit.tsx';
import { DeactivationsPage } from '../pages/deactivations.tsx';
import { EnvironmentPage } from '../pages/environment.tsx';
import { OverviewPage } from '../pages/overview.tsx';
import { SitePage } from '../pages/site.tsx';
import { SitesPage } from '../pages/sites.tsx';
import { NoReport } from '../parts/no-report.tsx';
import { Empty } from '../parts/panel.tsx';
import type { Answered } from '../use-answer.ts';

/** What every page of a project is given. */
export interface PageProps {
  slug: string;
  /** Once it is known. */
  project: ProjectAnswer | undefined;
  /** The last complete day, once it is known. */
  through: string | undefined;
}

interface ProjectPageProps {
  slug: string;
  parts: string[];
  projects: Answered<ProjectsAnswer>;
  through: string | null | undefined;
}

export function ProjectPage({ slug, parts: [page = '', id], projects, through }: ProjectPageProps) {
  const project = projects.data?.projects.find((one) => one.slug === slug);
  const isUnknown = projects.data !== undefined && project === undefined;
  useEffect(() => {
    document.title = `${project?.name ?? slug} · Sitebeat`;
  }, [project?.name, slug]);
  if (isUnknown) return <NoSuchPage what="There is no project of that name, or you have no role in it." />;
  return (
    <>
      {project?.archived && <p class="notice">This project is archived: nothing that its sites send is taken.</p>}
      {project?.active === null && OF_FIGURES.includes(page) ? (
        <>
          <h1 class="page-name">{project.name}</h1>
          <NoReport title="No figures yet" />
        </>
      ) : (
        <PageOf page={page} id={id} slug={slug} project={project} through={through ?? undefined} />
      )}
    </>
  );
}

/** These are nothing but figures. */
const OF_FIGURES = ['', 'adoption', 'environment', 'deactivations'];

function PageOf({ page, id, ...props }: PageProps & { page: string; id: string | undefined }) {
  if (page === '') return <OverviewPage {...props} />;
  if (page === 'adoption') return <AdoptionPage {...props} />;
  if (page === 'environment') return <EnvironmentPage {...props} />;
  if (page === 'deactivations') return <DeactivationsPage {...props} />;
  if (page === 'sites' && id !== undefined) return <SitePage {...props} id={id} />;
  if (page === 'sites') return <SitesPage {...props} />;
  if (page === 'audit') return <AuditPage {...props} />;
  return <NoSuchPage what="There is no such page." />;
}

function NoSuchPage({ what }: { what: string }) {
  return (
    <>
      <h1 class="unseen">Not found</h1>
      <Empty title={what}>
        <p>
          <a href="/">To your projects</a>
        </p>
      </Empty>
    </>
  );
}
