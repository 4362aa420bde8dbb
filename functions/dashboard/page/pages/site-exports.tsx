import { projectApi, type Query } from '../api-client.ts';

/** All that the filters give, as files without an end of rows. */
export function SiteExports({ slug, filters, isOwner }: { slug: string; filters: Query; isOwner: boolean }) {
  const file = (format: string, more: Query = {}) => projectApi(slug, '/sites', { ...filters, ...more, format });
  return (
    <div class="card-tools">
      <a class="button small" href={file('csv')} download>
        CSV
      </a>
      <a class="button small" href={file('ndjson')} download>
        NDJSON
      </a>
      {isOwner && (
        <a
          class="button small"
          href={file('csv', { include: 'contacts' })}
          download
          title="Who took it stands in the audit"
        >
          CSV with contacts
        </a>
      )}
    </div>
  );
}
