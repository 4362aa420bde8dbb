import { useState } from 'preact/hooks';

interface DraftInputProps {
  value: string;
  onChoose: (value: string) => void;
  type?: 'text' | 'date';
  id?: string | undefined;
  placeholder?: string | undefined;
  /** The id of suggestions. */
  list?: string;
}

/** What is typed is kept while the page around it changes, and counts once the field is left or Enter is pressed. */
export function DraftInput({ value, onChoose, type = 'text', ...props }: DraftInputProps) {
  // an effect that takes over another value comes after the first keys, and would undo them
  const [draft, setDraft] = useState({ of: value, text: value });
  const shared = {
    class: 'control',
    value: draft.of === value ? draft.text : value,
    onInput: ({ currentTarget }: { currentTarget: HTMLInputElement }) =>
      setDraft({ of: value, text: currentTarget.value }),
    onChange: ({ currentTarget }: { currentTarget: HTMLInputElement }) => {
      const chosen = currentTarget.value.trim();
      setDraft({ of: chosen, text: chosen });
      onChoose(chosen);
    },
  };
  if (type === 'date') return <input type="date" {...shared} />;
  return <input type="text" maxLength={250} {...shared} {...props} />;
}
