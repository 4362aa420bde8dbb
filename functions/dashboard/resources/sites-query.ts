import { Allow, IsIn, IsOptional, Length, Matches, MaxLength } from 'class-validator';
import { safeKey } from '../../../shared/project/custom-fields.ts';
import type { CustomField, Project } from '../../../shared/project/project.ts';
import type { Environment } from '../../../shared/report/environment.ts';
import type { SlotValue } from '../../../shared/stores/sites/site-derived.ts';
import type { Facet, SiteFilter } from '../../../shared/stores/sites/site-lists.ts';
import { SITE_STATES, type SiteState } from '../../../shared/stores/sites/site-state.ts';
import { EXPORT_FORMATS, type ExportFormat } from '../export.ts';
import { ListQuery } from '../list.ts';
import { type ParameterError, RequestProblem } from '../problem.ts';
import { IsMoment, IsVersion, momentOf } from '../read-query.ts';

const MAX_VALUE_LENGTH = 256;

export class SitesQuery extends ListQuery {
  /** All of them unless it is given. */
  @IsOptional() @IsIn([...SITE_STATES, 'all']) state?: SiteState | 'all';
  @IsOptional() @MaxLength(MAX_VALUE_LENGTH) version?: string;
  @IsOptional() @IsVersion() versionBelow?: string;
  @IsOptional() @MaxLength(MAX_VALUE_LENGTH) php?: string;
  @IsOptional() @IsVersion() phpBelow?: string;
  @IsOptional() @MaxLength(MAX_VALUE_LENGTH) wordpress?: string;
  @IsOptional() @IsVersion() wordpressBelow?: string;
  @IsOptional() @MaxLength(MAX_VALUE_LENGTH) database?: string;
  @IsOptional()
  @Matches(/^(?:MySQL|MariaDB) \d[\w.+-]{0,63}$/, { message: '$property must be like MySQL 8.0 or MariaDB 10.6' })
  databaseBelow?: string;
  @IsOptional() @MaxLength(MAX_VALUE_LENGTH) country?: string;
  @IsOptional() @MaxLength(MAX_VALUE_LENGTH) theme?: string;
  /** `field.KEY`: a custom field's value. */
  @Allow() fields = new Map<string, string>();
  /** How the site begins; with a dot first, how its domain ends. */
  @IsOptional() @Length(1, MAX_VALUE_LENGTH) q?: string;
  /** The whole address; for owners. */
  @IsOptional() @Length(3, 320) email?: string;
  /** When it was last seen. */
  @IsOptional() @IsMoment() since?: string;
  @IsOptional() @IsMoment() until?: string;
  @IsIn(['production', 'staging', 'local', 'ephemeral', 'any']) environment: Environment | 'any' = 'production';
  @IsIn(['true', 'false']) copies: 'true' | 'false' = 'false';
  /** The list's own order, or its reverse. */
  @IsOptional() @MaxLength(20) sort?: string;
  @IsOptional() @IsIn(EXPORT_FORMATS) format?: ExportFormat;
  /** In a file, for owners. */
  @IsOptional() @IsIn(['contacts']) include?: 'contacts';
}

const NAMES = ['version', 'php', 'wordpress', 'database', 'country', 'theme'] as const;
const BELOW = ['version', 'php', 'wordpress', 'database'] as const;

/** Which sites are asked for. Throws a RequestProblem for fields that the project does not have. */
export function siteFilter(query: SitesQuery, project: Pick<Project, 'customFields'>): SiteFilter {
  const { state, q, email, since, until, environment, copies } = query;
  return {
    ...{ state: state === 'all' ? undefined : state, environment, email, copies: copies === 'true' },
    ...{ since: momentOf(since), until: momentOf(until) },
    ...(q !== undefined && placeOf(q)),
    facets: [...namedFacets(query), ...fieldFacets(query, project)],
  };
}

function namedFacets(query: SitesQuery): Facet[] {
  return [
    ...NAMES.flatMap((name): Facet[] => {
      const is = query[name];
      return is === undefined ? [] : [{ name, is }];
    }),
    ...BELOW.flatMap((name): Facet[] => {
      const below = query[`${name}Below`];
      return below === undefined ? [] : [{ name, below }];
    }),
  ];
}

/** `www.` is no part of a site's name here. */
function placeOf(q: string): Pick<SiteFilter, 'hostStarts' | 'domainEnds'> {
  const place = q.trim().replace(/^https?:\/\//i, '');
  const domain = /^\*?\.(.+)$/.exec(place)?.[1];
  return domain === undefined ? { hostStarts: place.replace(/^www\./i, '') } : { domainEnds: domain };
}

function fieldFacets({ fields }: SitesQuery, { customFields }: Pick<Project, 'customFields'>): Facet[] {
  const errors: ParameterError[] = [];
  const facets = [...fields].flatMap(([key, text]): Facet[] => {
    const field = customFields.find((one) => safeKey(one.key) === safeKey(key));
    const is = field && fieldValue(field, text);
    if (field !== undefined && is !== undefined) return [{ field: field.key, is }];
    errors.push({
      parameter: `field.${key}`,
      detail: field ? `is no ${field.type}` : 'is no custom field of the project',
    });
    return [];
  });
  if (errors.length > 0) throw new RequestProblem('invalid-parameter', errors);
  return facets;
}

/** A text as the field's type has it; undefined for one that it cannot have. */
function fieldValue({ type }: CustomField, text: string): SlotValue | undefined {
  switch (type) {
    case 'string':
      return text;
    case 'number':
      return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : undefined;
    case 'boolean':
      return text === 'true' || text === 'false' ? text === 'true' : undefined;
    case 'date': {
      const date = new Date(text);
      return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
    }
    case 'json':
      return undefined;
  }
}
