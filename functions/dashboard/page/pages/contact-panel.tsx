import { useState } from 'preact/hooks';
import type { ContactAnswer, ProjectAnswer } from '../../api.ts';
import { projectApi } from '../api-client.ts';
import { AnswerOf, Panel } from '../parts/panel.tsx';
import { SentText } from '../parts/text.tsx';
import { useAnswer } from '../use-answer.ts';

interface ContactPanelProps {
  slug: string;
  id: string;
  project: ProjectAnswer | undefined;
  isOptedOut: boolean;
}

/** A person's name and address: shown to owners, on their wish, and noted. */
export function ContactPanel({ slug, id, project, isOptedOut }: ContactPanelProps) {
  const [isAsked, setAsked] = useState(false);
  const contact = useAnswer<ContactAnswer>(
    isAsked ? projectApi(slug, `/sites/${encodeURIComponent(id)}/contact`) : undefined,
  );
  return (
    <Panel title="Contact">
      {project?.role !== 'owner' ? (
        <p class="soft">Names and addresses are for owners of the project.</p>
      ) : isOptedOut ? (
        <p class="soft">The site has withdrawn its consent: there is nothing to show.</p>
      ) : isAsked ? (
        <AnswerOf of={contact} what="The contact">
          {(data) => <Person contact={data} />}
        </AnswerOf>
      ) : (
        <>
          <button type="button" class="button" onClick={() => setAsked(true)}>
            Show name and address
          </button>
          <p class="small soft after">
            That you looked is noted in the <a href={`/p/${encodeURIComponent(slug)}/audit`}>audit</a>. The address is
            there to answer, not for lists: an opt-in to telemetry is no leave to write.
          </p>
        </>
      )}
    </Panel>
  );
}

function Person({ contact: { email, firstName, lastName } }: { contact: ContactAnswer }) {
  const name = [firstName, lastName].filter(Boolean).join(' ');
  if (!email && !name) return <p class="soft">No report with consent named anybody.</p>;
  return (
    <dl class="facts">
      {name && (
        <div>
          <dt>Name</dt>
          <dd>
            <SentText text={name} cut={false} />
          </dd>
        </div>
      )}
      {email && (
        <div>
          <dt>Address</dt>
          <dd>
            <SentText text={email} cut={false} />
          </dd>
        </div>
      )}
    </dl>
  );
}
