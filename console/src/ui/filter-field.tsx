import { type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { focusBack } from './focus.ts';

/** The list follows the field after this pause, or at once by Enter. */
const DELAY_MS = 300;

/**
 * A field for a filter of a list, which is in the address. Its label is inside of the empty field,
 * or before it if there is a placeholder.
 */
export function FilterField(props: {
  readonly label: string;
  readonly value: string | undefined;
  readonly placeholder?: string;
  /** Spaces at the ends of the text count. */
  readonly isExact?: boolean;
  /** Undefined: all. */
  readonly onChange: (value: string | undefined) => void;
}): ReactNode {
  const { label, value = '', placeholder, isExact = false, onChange } = props;
  const id = useId();
  const [text, setText] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => setText(value), [value]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const pass = (next: string, delay: number) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      const changed = isExact ? next : next.trim();
      if (changed !== value) onChange(changed || undefined);
    }, delay);
  };
  return (
    <span className="inline-flex items-center gap-1.5">
      {placeholder !== undefined && (
        <label htmlFor={id} className="text-muted">
          {label}
        </label>
      )}
      <input
        id={id}
        data-filter=""
        type="search"
        aria-label={placeholder === undefined ? label : undefined}
        placeholder={placeholder ?? label}
        autoComplete="off"
        spellCheck={false}
        className={`field h-7 ${placeholder === undefined ? 'w-52' : 'w-40'}`}
        value={text}
        onChange={({ target }) => {
          setText(target.value);
          pass(target.value, DELAY_MS);
        }}
        onKeyDown={({ key, currentTarget }) => {
          if (key === 'Escape') focusBack(currentTarget);
          if (key === 'Enter') pass(text, 0);
        }}
      />
    </span>
  );
}

/** Only what belongs to a project. */
export const ProjectFilter = (props: {
  readonly value: string | undefined;
  readonly onChange: (project: string | undefined) => void;
}): ReactNode => <FilterField label="Project" placeholder="all" {...props} />;
