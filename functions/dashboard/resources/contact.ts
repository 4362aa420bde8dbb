import type { ContactAnswer } from '../api.ts';
import type { Answer, ProjectCall } from '../call.ts';
import { findSite } from './site.ts';

/** Who a site's admin is: noted before it is told. */
export async function getContact(call: ProjectCall): Promise<Answer> {
  const { project, stores, identity, isOperator, role, requestId, now } = call;
  const { _id, site } = await findSite(call);
  const audit = {
    ...{ requestId, actor: identity.email, role: isOperator ? 'operator' : role, projectHash: project.hash },
    ...{ action: 'contact' as const, resource: site, filters: null },
  };
  await stores.audits.append(audit, 'begun', now);
  const contact = (await stores.contacts.of([_id])).get(_id) ?? { email: null, firstName: null, lastName: null };
  await stores.audits.append(audit, 'done', new Date(), 1);
  return { kind: 'fresh', body: contact satisfies ContactAnswer };
}
