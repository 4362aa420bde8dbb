import { catalogRoutes } from './catalog-routes.ts';
import { notFound } from './errors.ts';
import { jobRoutes } from './job-routes.ts';
import type { Parts, Request, Route } from './request.ts';

/** Everything that can be asked; any other request is not found. */
export const routes: readonly Route[] = [...catalogRoutes, ...jobRoutes];

const patterns = routes.map(([, path]) => new RegExp(`^${path.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`));

/** Answers a request to `/projects/<project><path>`. Throws the service's errors. */
export async function route(method: string, path: string, request: Request, parts: Parts): Promise<unknown> {
  for (const [i, [wanted, , handler]] of routes.entries()) {
    const match = method === wanted ? patterns[i]?.exec(path) : null;
    if (!match) continue;
    const { dataset = '', name = '' } = match.groups ?? {};
    return handler({ ...request, dataset: decodeURIComponent(dataset), name: decodeURIComponent(name) }, parts);
  }
  throw notFound(`URL ${method} ${path}`);
}
