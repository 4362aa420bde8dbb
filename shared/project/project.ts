import type { Advisory } from './advisories.ts';

export const CUSTOM_FIELD_TYPES = ['string', 'number', 'boolean', 'date', 'json'] as const;
export type CustomFieldType = (typeof CUSTOM_FIELD_TYPES)[number];

/** A key of `extra` that a plugin author allows. */
export interface CustomField {
  key: string;
  type: CustomFieldType;
  label: string;
  /** Sites can be listed by it. */
  filterable?: true;
}

/** So many custom fields can be filterable: each has an index of MongoDB's. */
export const MAX_FILTERABLE = 3;

/** A deactivation reason beside the stock ones. */
export interface Reason {
  id: string;
  label: string;
}

export const MAIL_PROVIDERS = ['mailchimp', 'mailjet', 'wemail'] as const;

/** Where the admins of a project's sites are subscribed. */
export interface MailIntegration {
  provider: (typeof MAIL_PROVIDERS)[number];
  list: string;
  enabled: boolean;
}

/** What tells one mail list from another. */
export function listKey({ provider, list }: Pick<MailIntegration, 'provider' | 'list'>): string {
  return `${provider}:${list}`;
}

/** What a project asks of its mail lists in an hour at most, unless it says otherwise. */
export const DEFAULT_MAIL_CAP = 200;

export const ROLES = ['owner', 'analyst'] as const;
/** What somebody may see of a project: an analyst no names and addresses. */
export type Role = (typeof ROLES)[number];

/** Who may see a project. */
export interface Grant {
  /** In lower case. */
  email: string;
  role: Role;
}

/** The day of a version, by the author's word. */
export interface ReleaseDay {
  version: string;
  /** A UTC date. */
  releasedOn: string;
}

/** A plugin or theme whose author uses Sitebeat. */
export interface Project {
  /** What the client sends as `hash`, a UUID in lower case. */
  hash: string;
  name: string;
  slug: string;
  type: 'plugin' | 'theme';
  customFields: CustomField[];
  reasons: Reason[];
  mailIntegrations: MailIntegration[];
  /** New requests to its mail lists in an hour, all of them together; what is above waits. */
  mailCapPerHour: number;
  /** Addresses are cut to their network unless the author asked to keep them. */
  keepFullIp: boolean;
  archived: boolean;
  /** Who sees it on the dashboard, beside the operators. */
  access: Grant[];
  /** Of other versions the reports tell. */
  releases: ReleaseDay[];
  advisories: Advisory[];
  /** The filterable custom fields by which all its sites are ready to be listed; absent: none. See filterableKeys. */
  listedBy?: string[];
}

/** The keys of the custom fields by which sites can be listed, in their order. */
export function filterableKeys({ customFields }: Pick<Project, 'customFields'>): string[] {
  return customFields.filter(({ filterable }) => filterable).map(({ key }) => key);
}

/** Whether its sites are written for other filterable fields than it has now: `sitebeat setup` mends that. */
export function isListedOtherwise(project: Pick<Project, 'customFields' | 'listedBy'>): boolean {
  return filterableKeys(project).join('\n') !== (project.listedBy ?? []).join('\n');
}

/** The lists that the admins of a project's sites go to. */
export function enabledLists({ archived, mailIntegrations }: Project): MailIntegration[] {
  return archived ? [] : mailIntegrations.filter(({ enabled }) => enabled);
}
