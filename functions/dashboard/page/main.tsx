import './styles/base.css';
import './styles/layout.css';
import './styles/data.css';
import './styles/narrow.css';
import './styles/print.css';
import { render } from 'preact';
import { signIn } from './api-client.ts';
import { applyTheme } from './preferences.ts';
import { App } from './shell/app.tsx';

applyTheme();

/** The link of a local start carries a token behind the `#`, where no server sees it; it does not stay in the address. */
async function useToken(): Promise<void> {
  const token = new URLSearchParams(location.hash.slice(1)).get('token');
  if (token === null) return;
  history.replaceState(null, '', location.pathname + location.search);
  // who is not signed in by it is told so by the first answer
  await signIn(token).catch(() => undefined);
}

await useToken();
const root = document.getElementById('page');
if (root) render(<App />, root);
