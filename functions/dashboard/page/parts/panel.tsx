import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import type { ApiError } from '../api-client.ts';
import type { Answered } from '../use-answer.ts';
import { Info, type InfoProps } from './info.tsx';

interface PanelProps {
  title: string;
  info?: Omit<InfoProps, 'name'>;
  tools?: ComponentChildren;
  children: ComponentChildren;
}

/** A box of the layout with one matter in it. */
export function Panel({ title, info, tools, children }: PanelProps) {
  const id = useId();
  return (
    <section class="card" aria-labelledby={id}>
      <div class="card-head">
        <h2 id={id}>{title}</h2>
        {info && <Info {...info} name={title} />}
        {tools && <div class="card-tools">{tools}</div>}
      </div>
      {children}
    </section>
  );
}

interface AnsweredProps<T> {
  of: Answered<T>;
  /** What is missing, when it fails: "The releases". */
  what: string;
  isTall?: boolean;
  children: (data: T) => ComponentChildren;
}

/** Shows an answer, or that it is awaited, or what failed: one panel never takes the page. */
export function AnswerOf<T>({ of: { data, error, isSlow, retry }, what, isTall = false, children }: AnsweredProps<T>) {
  if (error && data === undefined) return <Failure error={error} what={what} retry={retry} />;
  if (data === undefined) {
    return (
      <div class={`box-waiting ${isSlow ? 'box-loading' : ''} ${isTall ? 'tall' : ''}`} aria-busy="true">
        {isSlow && <span class="unseen">Loading {what.toLowerCase()}</span>}
      </div>
    );
  }
  return (
    <div aria-busy={isSlow}>
      {error && <Failure error={error} what={what} retry={retry} />}
      {children(data)}
    </div>
  );
}

/** What failed, what to do, and what to tell whoever runs it. */
export function Failure({ error, what, retry }: { error: ApiError; what: string; retry: () => void }) {
  if (error.status === 409) {
    return (
      <Empty title="No figures yet">
        <p>Figures are made every hour, the first of them within an hour of the first report.</p>
      </Empty>
    );
  }
  return (
    <div class="empty" role="alert">
      <p>
        <strong>{what} could not be loaded.</strong> {error.message}.
      </p>
      {error.problem?.errors?.map(({ parameter, detail }) => (
        <p key={parameter} class="words">
          {parameter}: {detail}
        </p>
      ))}
      <div class="row">
        <button type="button" class="button" onClick={retry}>
          Retry
        </button>
        {error.requestId && (
          <span class="small soft">
            Request <code>{error.requestId}</code>
          </span>
        )}
      </div>
    </div>
  );
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p>
        <strong>{title}</strong>
      </p>
      {children}
    </div>
  );
}
