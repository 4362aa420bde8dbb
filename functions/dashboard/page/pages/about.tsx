import { useEffect } from 'preact/hooks';
import { definition } from '../../../../shared/figures/definitions.ts';

const words = (id: string) => {
  const spaced = id.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).replace('opt in', 'opt-in');
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
};

/** Every definition that stands behind an (i). */
export function AboutPage() {
  useEffect(() => {
    document.title = 'How everything is counted · Sitebeat';
    document.getElementById(location.hash.slice(1))?.scrollIntoView();
  }, []);
  return (
    <>
      <div class="head">
        <h1>How everything is counted</h1>
        <p class="answer">Every figure has one definition: the same in charts, tables, files and the terminal.</p>
      </div>
      <div class="card">
        <dl class="definitions">
          {Object.entries(definition).map(([id, text]) => (
            <div key={id} id={id}>
              <dt>{words(id)}</dt>
              <dd>{text}</dd>
            </div>
          ))}
        </dl>
      </div>
      <p class="foot">
        Days are UTC days everywhere. Moments are in your own time zone; their title says UTC. Countries are looked up
        in{' '}
        <a href="https://db-ip.com" rel="noreferrer">
          IP Geolocation by DB-IP
        </a>
        .
      </p>
    </>
  );
}
