import { useEffect, useRef } from 'preact/hooks';
import { prefer, usePreferences } from '../preferences.ts';
import { projectHref } from '../url-state.ts';

const KEYS = [
  ['/', 'to the filters of the sites'],
  ['[ ]', 'a shorter or longer period'],
  ['x', 'compare with the period before, the year before, nothing'],
  ['t', 'all charts as tables, or back'],
  ['?', 'this help'],
  ['← →', 'in a chart: from day to day; Home and End: its ends; Esc: out of it'],
] as const;

interface HelpProps {
  isOpen: boolean;
  onClose: () => void;
  /** A project that the reader owns. */
  owned: string | undefined;
}

export function Help({ isOpen, onClose, owned }: HelpProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const close = () => dialog.current?.close();
  const { letterKeys } = usePreferences();
  useEffect(() => {
    if (isOpen && !dialog.current?.open) dialog.current?.showModal();
  }, [isOpen]);
  return (
    <dialog ref={dialog} onClose={onClose} aria-labelledby="help-title">
      <h2 id="help-title">Keys</h2>
      <dl class="keys">
        {KEYS.map(([key, what]) => (
          <>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </>
        ))}
      </dl>
      <label class="check">
        <input
          type="checkbox"
          checked={letterKeys}
          onChange={({ currentTarget }) => prefer({ letterKeys: currentTarget.checked })}
        />
        Single keys are commands
      </label>
      <div class="row">
        <a href="/about" onClick={close}>
          How everything is counted
        </a>
        {owned !== undefined && (
          <a href={projectHref(owned, 'audit')} onClick={close}>
            Who took what: the audit
          </a>
        )}
        <form method="dialog">
          <button type="submit" class="button">
            Close
          </button>
        </form>
      </div>
    </dialog>
  );
}
