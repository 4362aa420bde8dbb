import { openStores, type ReconcileStores } from '../../reconcile/open-stores.ts';
import { withLatest } from '../with-latest.ts';

/** Opens what the function reconcile works on, for as long as `work` takes. */
export async function withReconcileStores(
  env: NodeJS.ProcessEnv,
  work: (stores: ReconcileStores) => Promise<void>,
): Promise<void> {
  await withLatest(env, async ({ config, db }) => {
    const stores = openStores(config, db);
    try {
      await work(stores);
    } finally {
      await stores.notifications.close();
    }
  });
}
