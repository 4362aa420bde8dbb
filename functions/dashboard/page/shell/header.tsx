import type { ProjectsAnswer } from '../../api.ts';
import { COMPARES, PERIODS, readPeriod } from '../period.ts';
import { hrefWith, navigate, projectHref, type UrlState } from '../url-state.ts';
import { ThemeButton } from './theme-button.tsx';

const TABS = [
  { page: '', label: 'Overview' },
  { page: 'adoption', label: 'Adoption' },
  { page: 'environment', label: 'Environment' },
  { page: 'deactivations', label: 'Deactivations' },
  { page: 'sites', label: 'Sites' },
] as const;

/** These show a period. */
const WITH_PERIOD = ['', 'adoption', 'environment', 'deactivations'];

interface HeaderProps {
  url: UrlState;
  projects: ProjectsAnswer['projects'] | undefined;
  onHelp: () => void;
}

export function Header({ url, projects, onHelp }: HeaderProps) {
  const [root, slug, page = ''] = url.parts;
  const isProject = root === 'p' && slug !== undefined;
  return (
    <header class="bar">
      <div class="bar-inside">
        <a class="brand" href="/">
          <Logo />
          <span class={isProject ? 'unseen' : ''}>Sitebeat</span>
        </a>
        {isProject && <ProjectSwitch slug={slug} page={page} projects={projects ?? []} />}
        {isProject && (
          <nav class="tabs" aria-label="Pages of the project">
            {TABS.map((tab) => (
              <a
                key={tab.page}
                href={projectHref(slug, tab.page)}
                aria-current={tab.page === page ? 'page' : undefined}
              >
                {tab.label}
              </a>
            ))}
          </nav>
        )}
        <div class="bar-end">
          {isProject && WITH_PERIOD.includes(page) && <PeriodSwitch query={url.query} />}
          <ThemeButton />
          <button
            type="button"
            class="icon-button"
            onClick={onHelp}
            aria-label="Keys and help"
            title="Keys and help (?)"
          >
            ?
          </button>
        </div>
      </div>
    </header>
  );
}

function ProjectSwitch({ slug, page, projects }: { slug: string; page: string; projects: ProjectsAnswer['projects'] }) {
  const known = projects.some((project) => project.slug === slug);
  if (projects.length < 2 && known) return <span class="brand cut">{projects[0]?.name}</span>;
  return (
    <select
      class="control"
      aria-label="Project"
      value={slug}
      onChange={({ currentTarget }) => navigate(projectHref(currentTarget.value, page))}
    >
      {!known && <option value={slug}>{slug}</option>}
      {projects.map((project) => (
        <option key={project.slug} value={project.slug}>
          {project.name}
        </option>
      ))}
    </select>
  );
}

function PeriodSwitch({ query }: { query: URLSearchParams }) {
  const { id, compare } = readPeriod(query);
  const choose = (name: string, value: string, usual: string) =>
    navigate(hrefWith({ [name]: value === usual ? null : value }));
  return (
    <>
      <select
        class="control"
        aria-label="Period"
        value={id}
        onChange={({ currentTarget }) => choose('period', currentTarget.value, PERIODS[0].id)}
      >
        {PERIODS.map((period) => (
          <option key={period.id} value={period.id}>
            {period.label}
          </option>
        ))}
      </select>
      <select
        class="control"
        aria-label="Compare with"
        value={compare}
        onChange={({ currentTarget }) => choose('compare', currentTarget.value, COMPARES[0].id)}
      >
        {COMPARES.map((one) => (
          <option key={one.id} value={one.id}>
            {one.label}
          </option>
        ))}
      </select>
    </>
  );
}

function Logo() {
  return (
    <svg width="22" height="22" viewBox="0 0 22 22" aria-hidden="true">
      <path d="M1 12h4l3-8 5 14 3-6h5" fill="none" stroke="currentColor" stroke-width="2.2" stroke-linejoin="round" />
    </svg>
  );
}
