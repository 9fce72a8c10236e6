import { type ReactNode, useEffect, useId, useState } from 'react';

/** The list follows the field after this pause. */
const DELAY_MS = 300;

/** A field for a filter of a list, which is in the address. */
export function FilterInput(props: {
  readonly label: string;
  readonly value: string | undefined;
  readonly placeholder?: string;
  readonly onChange: (value: string | undefined) => void;
}): ReactNode {
  const { label, value = '', placeholder, onChange } = props;
  const id = useId();
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only the text starts the pause.
  useEffect(() => {
    if (text.trim() === value) return;
    const timer = setTimeout(
      () => onChange(text.trim() === '' ? undefined : text.trim()),
      DELAY_MS,
    );
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <span className="inline-flex items-center gap-1.5">
      <label htmlFor={id} className="text-muted">
        {label}
      </label>
      <input
        id={id}
        className="field h-7 w-40"
        autoComplete="off"
        spellCheck={false}
        placeholder={placeholder}
        value={text}
        onChange={({ target }) => setText(target.value)}
      />
    </span>
  );
}

/** Only what belongs to a project. */
export const ProjectFilter = (props: {
  readonly value: string | undefined;
  readonly onChange: (project: string | undefined) => void;
}): ReactNode => <FilterInput label="Project" placeholder="all" {...props} />;
