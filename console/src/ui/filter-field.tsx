import { type ReactNode, useEffect, useRef, useState } from 'react';

const DELAY_MS = 300;

/** A field whose text is passed on when the user pauses. `/` focuses it. */
export function FilterField(props: {
  readonly label: string;
  readonly value: string;
  readonly onChange: (text: string) => void;
}): ReactNode {
  const { label, value, onChange } = props;
  const [text, setText] = useState(value);
  const ref = useRef<HTMLInputElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => setText(value), [value]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const change = (next: string) => {
    setText(next);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => onChange(next), DELAY_MS);
  };
  return (
    <input
      ref={ref}
      type="search"
      data-filter=""
      aria-label={label}
      placeholder={label}
      className="h-7 w-52 rounded-sm border border-field bg-surface px-2"
      value={text}
      onChange={(event) => change(event.target.value)}
      onKeyDown={(event) => {
        if (event.key === 'Escape') ref.current?.blur();
        if (event.key !== 'Enter') return;
        clearTimeout(timer.current);
        onChange(text);
      }}
    />
  );
}
