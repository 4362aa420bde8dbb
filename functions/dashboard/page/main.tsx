import './styles.css';
import { render } from 'preact';

function Page() {
  return <main>Sitebeat</main>;
}

const root = document.getElementById('page');
if (root) render(<Page />, root);
