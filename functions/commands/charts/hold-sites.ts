import type { SiteDocument, Sites } from '../../../shared/stores/sites/sites.ts';

type Merge = (known: SiteDocument | undefined) => SiteDocument;

/** Sites of which every change waits for one write. */
export interface HeldSites {
  sites: Sites;
  /** Makes every change of what is stored, which somebody else may have changed meanwhile, at once. */
  write(): Promise<void>;
}

/** What is asked of them is answered from what is held; so they are for sites that nothing else is asked about. */
export function holdSites(stored: Sites): HeldSites {
  const held = new Map<string, { document: SiteDocument; merges: Merge[] }>();
  const update: Sites['update'] = async (id, merge) => {
    const { document: known, merges } = held.get(id) ?? { document: undefined, merges: [] };
    const document = merge(known);
    held.set(id, { document, merges: [...merges, merge] });
    return document;
  };
  return {
    sites: {
      ...stored,
      update,
      change: async (id, merge) =>
        held.has(id) ? update(id, (known) => merge(known as SiteDocument)) : stored.change(id, merge),
      withMd5: async (urlMd5, project) => {
        const documents = [...held.values()].map(({ document }) => document);
        const found = documents.filter(
          (document) => document.urlMd5s.includes(urlMd5) && (project === undefined || document.project === project),
        );
        return found.length > 0 ? found : stored.withMd5(urlMd5, project);
      },
    },
    write: async () => {
      for (const [id, { document, merges }] of held) {
        await stored.update(id, (known) =>
          known === undefined ? document : merges.reduce<SiteDocument>((site, merge) => merge(site), known),
        );
      }
    },
  };
}
