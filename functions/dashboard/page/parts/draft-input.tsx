import { useEffect, useState } from 'preact/hooks';

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
  const [draft, setDraft] = useState(value);
  useEffect(() => setDraft(value), [value]);
  const shared = {
    class: 'control',
    value: draft,
    onInput: ({ currentTarget }: { currentTarget: HTMLInputElement }) => setDraft(currentTarget.value),
    onChange: ({ currentTarget }: { currentTarget: HTMLInputElement }) => onChoose(currentTarget.value.trim()),
  };
  if (type === 'date') return <input type="date" {...shared} />;
  return <input type="text" maxLength={250} {...shared} {...props} />;
}
