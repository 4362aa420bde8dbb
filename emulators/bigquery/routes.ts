import { catalogRoutes } from './catalog-routes.ts';
import { notFound } from './errors.ts';
import { jobRoutes } from './job-routes.ts';
import type { Parts, Request } from './request.ts';

/** Answers a request to `/projects/<project><path>`. Throws the service's errors. */
export async function route(method: string, path: string, request: Request, parts: Parts): Promise<unknown> {
  for (const [wanted, pattern, handler] of [...catalogRoutes, ...jobRoutes]) {
    const match = method === wanted ? pattern.exec(path) : null;
    if (match === null) continue;
    const { dataset = '', name = '' } = match.groups ?? {};
    return handler({ ...request, dataset: decodeURIComponent(dataset), name: decodeURIComponent(name) }, parts);
  }
  throw notFound(`URL ${method} ${path}`);
}
