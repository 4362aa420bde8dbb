import type { ProjectAnswer } from '../api.ts';

/** As the client's dialog words them. Source: its `Insights::get_uninstall_reasons`. */
const LABELS: Record<string, string> = {
  'could-not-understand': "couldn't understand it",
  'found-better-plugin': 'found a better plugin',
  'not-have-that-feature': 'a feature is missing',
  'is-not-working': 'it is not working',
  'looking-for-other': 'was looking for something else',
  'did-not-work-as-expected': 'did not work as expected',
  other: 'other',
  none: 'no reason picked',
  unlisted: 'a reason that is on no list',
};

/** What a reason is called: the author's own word first. */
export function reasonLabel(id: string | null, project: Pick<ProjectAnswer, 'reasons'> | undefined): string {
  if (id === null) return 'no reason asked';
  return project?.reasons.find((reason) => reason.id === id)?.label ?? LABELS[id] ?? id;
}
