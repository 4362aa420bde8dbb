import { Empty } from '../parts/panel.tsx';

/** No identity, no data: what to do about it. */
export function NotSignedIn() {
  return (
    <>
      <h1 class="unseen">Sign in</h1>
      <Empty title="You are not signed in, or your sign-in is of before.">
        <p>
          On this machine: <code>npm start</code> prints a link behind “Dashboard”. Open that link; it holds a token
          that is new at every start.
        </p>
        <p>
          In the cloud: open the dashboard's address in a browser that is signed in with your Google account, or by way
          of <code>gcloud run services proxy</code>. Whoever runs Sitebeat gives you a role in your project with{' '}
          <code>npx sitebeat projects update</code>.
        </p>
      </Empty>
    </>
  );
}
