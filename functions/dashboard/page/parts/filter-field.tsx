import { hrefWith, navigate } from '../url-state.ts';
import { DraftInput } from './draft-input.tsx';

/** A filter, whose value is in the address. */
export type FilterField = { name: string; label: string } & (
  | { kind: 'text'; placeholder?: string; id?: string | undefined }
  | { kind: 'day' }
  | { kind: 'choice'; choices: readonly { value: string; label: string }[] }
  | { kind: 'check'; value: string }
);

const choose = (name: string, value: string) => navigate(hrefWith({ [name]: value === '' ? null : value }));

export function FilterInput({ field, query }: { field: FilterField; query: URLSearchParams }) {
  const { name, label } = field;
  const value = query.get(name) ?? '';
  if (field.kind === 'check') {
    return (
      <label class="check">
        <input
          type="checkbox"
          checked={value === field.value}
          onChange={({ currentTarget }) => choose(name, currentTarget.checked ? field.value : '')}
        />
        {label}
      </label>
    );
  }
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the control is the one below
    <label class="field">
      <span>{label}</span>
      <FieldControl field={field} value={value} />
    </label>
  );
}

function FieldControl({ field, value }: { field: Exclude<FilterField, { kind: 'check' }>; value: string }) {
  const onChoose = (chosen: string) => choose(field.name, chosen);
  if (field.kind === 'day') return <DraftInput type="date" value={value} onChoose={onChoose} />;
  if (field.kind === 'text') {
    return <DraftInput id={field.id} placeholder={field.placeholder} value={value} onChoose={onChoose} />;
  }
  return (
    <select class="control" value={value} onChange={({ currentTarget }) => onChoose(currentTarget.value)}>
      {field.choices.map((choice) => (
        <option key={choice.value} value={choice.value}>
          {choice.label}
        </option>
      ))}
    </select>
  );
}

/** The filters that are set, each with a link that drops it. */
export function SetFilters({ fields, query }: { fields: readonly FilterField[]; query: URLSearchParams }) {
  const set = fields.flatMap((field) => {
    const value = query.get(field.name);
    return value === null || value === '' ? [] : [{ field, value }];
  });
  if (set.length === 0) return null;
  return (
    <ul class="row chips" aria-label="Filters that are set">
      {set.map(({ field, value }) => (
        <li key={field.name}>
          <a
            class="button small"
            href={hrefWith({ [field.name]: null })}
            aria-label={`Drop the filter ${field.label}: ${value}`}
          >
            <span>
              {field.label}
              {field.kind !== 'check' && (
                <>
                  : <bdi class="cut">{labelOf(field, value)}</bdi>
                </>
              )}{' '}
              ×
            </span>
          </a>
        </li>
      ))}
    </ul>
  );
}

function labelOf(field: FilterField, value: string): string {
  if (field.kind !== 'choice') return value;
  return field.choices.find((choice) => choice.value === value)?.label ?? value;
}
