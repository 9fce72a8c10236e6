import type { ReactNode, RefObject } from 'react';
import { focusBack } from '../ui/focus.ts';

/** The field for a part of a step's name. Enter goes to the next match, Escape clears it. */
export function FindField(props: {
  readonly field: RefObject<HTMLInputElement | null>;
  readonly value: string;
  readonly onChange: (text: string) => void;
  readonly onNext: (step: 1 | -1) => void;
}): ReactNode {
  const { field, value, onChange, onNext } = props;
  return (
    <input
      ref={field}
      type="search"
      aria-label="Find a step"
      placeholder="Find a step  /"
      className="h-7 w-44 rounded-sm border border-field bg-surface px-2"
      value={value}
      onChange={({ target }) => onChange(target.value)}
      onKeyDown={(event) => {
        if (event.key === 'Enter') onNext(event.shiftKey ? -1 : 1);
        else if (event.key === 'Escape') {
          onChange('');
          focusBack(event.currentTarget);
        } else return;
        event.preventDefault();
        event.stopPropagation();
      }}
    />
  );
}
