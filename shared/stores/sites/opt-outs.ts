import type { Db } from 'mongodb';
import { transient } from '../../runtime/errors.ts';
import { groupQuestions } from '../group-commit.ts';
import { openReplacer } from '../mongodb.ts';
import { type Stamp, siteKey } from './sites.ts';

/** The latest opt-out of each site, kept by md5: it can come before the site's first report. */
export interface OptOutDocument {
  /** `<project hash>:<md5>` */
  _id: string;
  project: string;
  urlMd5: string;
  stamp: Stamp;
}

export interface OptOuts {
  /** Writes it unless a later one is there. */
  put(optOut: Omit<OptOutDocument, '_id'>): Promise<void>;
  /** The stamp of the latest opt-out under any of these names; undefined without one. */
  latest(project: string, urlMd5s: readonly string[]): Promise<Stamp | undefined>;
  /** The stamp of each of these, by `<project hash>:<md5>`; one that is not there is left out. */
  stamps(ids: string[]): Promise<Map<string, Stamp>>;
}

/** In one question. */
const MAX_IDS = 5000;

export function openOptOuts(db: Db): OptOuts {
  const optOuts = db.collection<OptOutDocument>('optOuts');
  const replace = openReplacer(optOuts, ({ stamp }) => ({ stamp: { $lte: stamp } }));
  const stampsOf = async (ids: string[]) => {
    const found = await optOuts
      .find({ _id: { $in: ids } })
      .project<Pick<OptOutDocument, '_id' | 'stamp'>>({ stamp: 1 })
      .toArray();
    return new Map(found.map(({ _id, stamp }) => [_id, stamp]));
  };
  const latest = groupQuestions<string[], Stamp | undefined>(
    async (questions) => {
      const stamps = await stampsOf(questions.flat());
      return questions.map((ids) =>
        ids
          .flatMap((id) => stamps.get(id) ?? [])
          .sort()
          .at(-1),
      );
    },
    { maxSize: MAX_IDS, sizeOf: (ids) => ids.length },
  );
  return {
    put: (optOut) => transient('opt-outs', () => replace({ _id: siteKey(optOut.project, optOut.urlMd5), ...optOut })),
    latest: (project, urlMd5s) =>
      transient('opt-outs', () => latest(urlMd5s.map((urlMd5) => siteKey(project, urlMd5)))),
    stamps: (ids) => transient('opt-outs', () => stampsOf(ids)),
  };
}
