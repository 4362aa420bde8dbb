import { useEffect } from 'preact/hooks';
import type { ProjectsAnswer } from '../../api.ts';
import { counted } from '../format.ts';
import { Empty } from '../parts/panel.tsx';
import { SentText } from '../parts/text.tsx';
import { navigate } from '../url-state.ts';

type Projects = ProjectsAnswer['projects'];

/** The projects that one has a role in; who has one only is taken to it. */
export function ProjectsPage({ projects }: { projects: Projects | undefined }) {
  const only = projects?.length === 1 ? projects[0]?.slug : undefined;
  useEffect(() => {
    document.title = 'Your projects · Sitebeat';
    if (only !== undefined) navigate(`/p/${encodeURIComponent(only)}`, { replace: true });
  }, [only]);
  if (projects === undefined || only !== undefined) return <div aria-busy="true" />;
  return (
    <>
      <div class="head">
        <h1>Your projects</h1>
      </div>
      {projects.length === 0 ? <NoProject /> : <ProjectList projects={projects} />}
    </>
  );
}

function ProjectList({ projects }: { projects: Projects }) {
  return (
    <ul class="halves">
      {projects.map(({ slug, name, type, active, archived }) => (
        <li key={slug} class="card">
          <h2>
            <a href={`/p/${encodeURIComponent(slug)}`}>
              <SentText text={name} />
            </a>
          </h2>
          <p class="tile-value">{active === null ? '–' : counted(active, 'active site')}</p>
          <p class="small soft">
            {active === null ? 'No figures yet' : `A ${type}`}
            {archived && ', archived: nothing new is taken'}
          </p>
        </li>
      ))}
    </ul>
  );
}

function NoProject() {
  return (
    <Empty title="No project has you in it yet.">
      <p>Whoever runs Sitebeat makes a project, and gives you a role in it:</p>
      <pre>
        npx sitebeat projects create --name 'My Forms' --slug my-forms --type plugin{'\n'}
        npx sitebeat projects update my-forms --grant owner:you@example.org
      </pre>
    </Empty>
  );
}
