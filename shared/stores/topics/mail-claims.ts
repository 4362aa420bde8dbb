import type { Collection, Db } from 'mongodb';
import { addressKey } from '../../report/email-address.ts';
import { keyOf } from '../../report/event-keys.ts';
import { batchesOf } from '../../runtime/batches-of.ts';
import { transient } from '../../runtime/errors.ts';
import { groupCalls } from '../group-commit.ts';
import { DUPLICATE_KEY, writeTogether } from '../mongodb.ts';
import type { Asked } from '../sites/site-mail.ts';
import type { SiteDocument } from '../sites/sites.ts';

/** At the word of which site a list was asked to take an address. MongoDB drops it a year later. */
export interface MailClaimDocument {
  /** `<address>/<list>`, see Asked. */
  _id: string;
  /** Digests by which an erasure finds it; see keyOf. */
  email: string;
  site: string;
  askedAt: Date;
}

/** Which addresses lists were asked to take: anybody can report any address, in the name of as many sites as he likes. */
export interface MailClaims {
  /** Whether this site is the one that asks; false when another has, or is about to. Safe to repeat. */
  claim(site: SiteDocument, asked: Asked, now: Date): Promise<boolean>;
  /** For the list was not asked at this site's word. */
  release(site: Pick<SiteDocument, 'project' | 'site'>, asked: Asked): Promise<void>;
  /** Removes what was asked until then of what these digests stand for, addresses and sites. */
  forget(keys: readonly string[], until: Date): Promise<void>;
}

/** Of one call. */
const MAX_CLAIMS = 500;
const MAX_KEYS = 20_000;

export function openMailClaims(db: Db): MailClaims {
  const claims = db.collection<MailClaimDocument>('mailClaims');
  const claim = groupCalls<MailClaimDocument, boolean>(
    async (wanted) => {
      const refused = await tryClaim(claims, wanted);
      // one of two that a site makes at once meets the other
      const taken = refused.length === 0 ? [] : await tryClaim(claims, refused);
      return wanted.map((one) => ({ value: !taken.includes(one) }));
    },
    { maxItems: MAX_CLAIMS, maxSize: MAX_CLAIMS, sizeOf: () => 1 },
  );
  return {
    claim: ({ project, site, adminEmail }, { list, address }, now) =>
      transient('mail claims', () =>
        claim({
          _id: idOf({ list, address }),
          email: keyOf(project, 'email', addressKey(adminEmail ?? '')),
          site: keyOf(project, 'site', site),
          askedAt: now,
        }),
      ),
    release: ({ project, site }, asked) =>
      transient('mail claims', async () => {
        await claims.deleteOne({ _id: idOf(asked), site: keyOf(project, 'site', site) });
      }),
    forget: (keys, until) =>
      transient('mail claims', async () => {
        const askedAt = { $lte: until };
        for (const some of batchesOf(keys, MAX_KEYS)) {
          await claims.deleteMany({ email: { $in: some }, askedAt });
          await claims.deleteMany({ site: { $in: some }, askedAt });
        }
      }),
  };
}

function idOf({ list, address }: Asked): string {
  return `${address}/${list}`;
}

/** Gives those that another site has: the upsert finds none of this site's and meets its key. */
async function tryClaim(
  claims: Collection<MailClaimDocument>,
  wanted: MailClaimDocument[],
): Promise<MailClaimDocument[]> {
  const written = await writeTogether(claims, wanted, ({ _id, site, ...rest }) => ({
    updateOne: { filter: { _id, site }, update: { $setOnInsert: rest }, upsert: true },
  }));
  const refused = written.flatMap((one) => [...one.refused]);
  for (const [, error] of refused) if (error.code !== DUPLICATE_KEY) throw error;
  return refused.map(([one]) => one);
}
