import { Empty } from './panel.tsx';

/** What an author does for there to be a report. */
export function NoReport({ title }: { title: string }) {
  return (
    <Empty title={title}>
      <p>Point the plugin at your endpoint, in a must-use plugin of a WordPress:</p>
      <pre>{"add_filter( 'appsero_endpoint', function () { return 'https://YOUR-ENDPOINT/'; } );"}</pre>
      <p>The first report comes within a minute of an opt-in, the first figures within the hour.</p>
    </Empty>
  );
}
