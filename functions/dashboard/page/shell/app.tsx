import { useCallback, useEffect, useState } from 'preact/hooks';
import type { ProjectsAnswer, StatusAnswer } from '../../api.ts';
import { apiHref } from '../api-client.ts';
import { AboutPage } from '../pages/about.tsx';
import { ProjectsPage } from '../pages/projects.tsx';
import { Failure } from '../parts/panel.tsx';
import { useLinks, useUrl } from '../url-state.ts';
import { type Answered, useAnswer } from '../use-answer.ts';
import { Freshness } from './freshness.tsx';
import { Header } from './header.tsx';
import { Help } from './help.tsx';
import { useLetterKeys } from './letter-keys.ts';
import { NotSignedIn } from './not-signed-in.tsx';
import { ProjectPage } from './project-page.tsx';

const STATUS_EVERY_MS = 60_000;

export function App() {
  const url = useUrl();
  const [isHelpOpen, setHelpOpen] = useState(false);
  const openHelp = useCallback(() => setHelpOpen(true), []);
  const closeHelp = useCallback(() => setHelpOpen(false), []);
  const projects = useAnswer<ProjectsAnswer>(apiHref('/projects'));
  const status = useAnswer<StatusAnswer>(apiHref('/status'));
  useLinks();
  useLetterKeys(openHelp);
  useEffect(() => {
    const timer = setInterval(status.retry, STATUS_EVERY_MS);
    return () => clearInterval(timer);
  }, [status.retry]);
  const [root, slug] = url.parts;
  const owned = projects.data?.projects.find((one) => root === 'p' && one.slug === slug && one.role === 'owner');
  const isSignedOut = projects.error?.status === 401;
  return (
    <>
      <a class="skip" href="#content">
        Skip to the content
      </a>
      <Header url={url} projects={projects.data?.projects} onHelp={openHelp} />
      <main id="content" class="page" tabIndex={-1}>
        {isSignedOut ? <NotSignedIn /> : <Content parts={url.parts} projects={projects} status={status} />}
      </main>
      <Help isOpen={isHelpOpen} onClose={closeHelp} owned={owned?.slug} />
    </>
  );
}

interface ContentProps {
  parts: string[];
  projects: Answered<ProjectsAnswer>;
  status: Answered<StatusAnswer>;
}

function Content({ parts, projects, status }: ContentProps) {
  const [root, slug] = parts;
  if (root === 'about') return <AboutPage />;
  if (root === 'p' && slug !== undefined) {
    return (
      <>
        <Freshness status={status.data} />
        <ProjectPage key={slug} slug={slug} parts={parts.slice(2)} projects={projects} through={status.data?.through} />
      </>
    );
  }
  if (projects.error && !projects.data) {
    return <Failure error={projects.error} what="The projects" retry={projects.retry} />;
  }
  return <ProjectsPage projects={projects.data?.projects} />;
}
